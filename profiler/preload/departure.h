/*
 * preload/departure.h - whether a program that is about to be started would
 * be observed, and where that is noted when it would not.
 *
 *	departure = departure_to_path(path, environment);
 *	departure_of_us(&departure);             an exec does not come back
 *	result = departure.is_unfit ? without us : as it is;
 *	departure_fails(&departure);
 *
 * A program that would end with the library in it, or that cannot open the
 * library, is started without it. Such a program, and one that has no loader,
 * other privileges, or an environment without our settings, is noted, too.
 *
 * Memory     none is allocated: these run in children of vfork.
 * Threads    any.
 * Read next  preload/exec_hooks.c, which asks this; preload/unseen.h, which
 *            notes the answer.
 */
#ifndef PRELOAD_DEPARTURE_H
#define PRELOAD_DEPARTURE_H

#include <stdbool.h>
#include <sys/types.h>

struct departure {
	bool is_unfit; /* it must be started without us */
	bool is_seen;  /* its program will not be observed */
	int place;     /* its place in the roll */
};

struct departure departure_to_path(const char *path, char *const environment[]);
/* A name that is looked up in PATH. */
struct departure departure_to_name(const char *name, char *const environment[]);
/* The arguments are those of execveat. */
struct departure departure_to_place(int folder_fd, const char *path,
				    char *const environment[]);

/* This process is about to be the program. */
void departure_of_us(const struct departure *departure);
/* The exec has failed. Does not change errno. */
void departure_fails(const struct departure *departure);
/* A child was started as it; pid 0: its number is not known. */
void departure_of_child(const struct departure *departure, pid_t pid);

#endif
