/*
 * preload/unseen.h - lists processes for the collector that it does not see.
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

/* The roll of that folder; it stays mapped, and children have it too. NULL:
 * there is none. */
struct unseen_roll *unseen_open(const char *folder);

/* This process has no shared memory. roll NULL: nothing is done. */
void unseen_note_unopened(struct unseen_roll *roll, int error);

/* It is about to confine itself: timers end. */
void unseen_note_confined(struct unseen_roll *roll);

/* A fork begins, and the child has shared memory or said that it has none. A
 * fork that fails is never seen to end. */
void unseen_note_starting(struct unseen_roll *roll);
void unseen_note_started(struct unseen_roll *roll);

/* Where programs are to be noted that are started without the library. */
void unseen_use(struct unseen_roll *roll);
void unseen_note_unfit(const char *path, const char *why);

/* Whether somebody wants to know. */
bool unseen_is_used(void);

/*
 * A process may become a program that does not load the library: a place for
 * it, in which it is counted once it does.
 */
int unseen_place_leaver(const char *path, const char *why);
/* pid 0: not known */
void unseen_note_leaver(int place, pid_t pid);
/* It did not become that program after all. */
void unseen_forget_leaver(int place);

#endif
