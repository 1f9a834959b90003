/*
 * preload/unseen.h - list processes that the collector does not see.
 *
 * Threads    any; each call is a few atomic instructions.
 * Errors     none: without a roll nothing is listed.
 * Signals    unseen_note_unopened may be called in a handler.
 * Read next  shared_memory/unseen_roll.h
 */
#ifndef PRELOAD_UNSEEN_H
#define PRELOAD_UNSEEN_H

#include <stdbool.h>
#include <sys/types.h>

struct unseen_roll;

/* Maps the roll of that folder, also for children. NULL: there is none. */
struct unseen_roll *unseen_open(const char *folder);

/* This process has no shared memory. roll NULL: nothing is done. */
void unseen_note_unopened(struct unseen_roll *roll, int error);

/* This process is about to confine itself: its timers end. */
void unseen_note_confined(struct unseen_roll *roll);

/* A fork begins; later, the child has shared memory or has noted that it has
 * none. If the fork fails, it stays listed as starting. */
void unseen_note_starting(struct unseen_roll *roll);
void unseen_note_started(struct unseen_roll *roll);

/* Sets the roll for programs that are started without the library. */
void unseen_use(struct unseen_roll *roll);
void unseen_note_unfit(const char *path, const char *why);

/* Has a roll been set? */
bool unseen_is_used(void);

/*
 * Takes a place for a process that may become a program without the library. It
 * is counted there when it does.
 */
int unseen_place_leaver(const char *path, const char *why);
/* pid 0: not known */
void unseen_note_leaver(int place, pid_t pid);
/* The process did not become that program. */
void unseen_forget_leaver(int place);

#endif
