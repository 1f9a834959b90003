/*
 * preload/confinement.h - a program that gives up rights, which we then lack.
 *
 * A seccomp filter may kill for a system call that the program never makes
 * itself; strict seccomp and PR_TSC_SIGSEGV make even the clocks deadly. So
 * what will be needed is fetched before the program does that, and no more
 * calls are made afterwards: sampling ends, and counts go on while the memory
 * taken ahead lasts.
 *
 * Threads    the flags change once, from false to true.
 * Read next  preload/lifecycle.c, which prepares.
 */
#ifndef PRELOAD_CONFINEMENT_H
#define PRELOAD_CONFINEMENT_H

#include <stdbool.h>

extern __attribute__((visibility("hidden"))) struct confinement {
	bool is_filtered;  /* no system calls but for memory */
	bool is_clockless; /* nor any look at a clock, in some thread */
} confinement;

enum confinement_kind { CONFINED_BY_FILTER, CONFINED_WITHOUT_CLOCK };

/*
 * prepare: called before the program's request is made, by the thread that
 * makes it.
 */
void confinement_open(void (*prepare)(enum confinement_kind kind));

#endif
