/*
 * preload/confinement.h - notice that the program gives up rights, which we
 * then lack, too.
 *
 * A seccomp filter may kill for a system call that the program never makes
 * itself; with strict seccomp and PR_TSC_SIGSEGV even reading a clock kills. So
 * everything that will be needed is fetched before, and no calls are made
 * afterwards: sampling ends, and counting goes on as long as the memory lasts
 * that was allocated ahead.
 *
 * Threads    the flags change once, from false to true.
 * Read next  preload/lifecycle.c, which prepares.
 */
#ifndef PRELOAD_CONFINEMENT_H
#define PRELOAD_CONFINEMENT_H

#include <stdbool.h>

extern __attribute__((visibility("hidden"))) struct confinement {
	bool is_filtered;  /* no system calls, except for memory */
	bool is_clockless; /* some thread must not read a clock, either */
} confinement;

enum confinement_kind { CONFINED_BY_FILTER, CONFINED_WITHOUT_CLOCK };

/*
 * prepare: called before the program's request is made, by the thread that
 * makes it.
 */
void confinement_open(void (*prepare)(enum confinement_kind kind));

#endif
