/*
 * known_allocations.h - a known number of allocations, and the end of a child,
 * for the victims that fork.
 */
#ifndef KNOWN_ALLOCATIONS_H
#define KNOWN_ALLOCATIONS_H

#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>

static inline void allocate(int count)
{
	while (count--) {
		void *volatile block = malloc(48);

		free(block);
	}
}

/* Returns 0 if the child exited with 0. */
static inline int wait_for(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) != pid || status != 0;
}

#endif
