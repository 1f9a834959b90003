/*
 * known_allocations.h - allocations of a known number, and children that are
 * known to have ended well: what the victims that fork share.
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

/* 0: it ended well. */
static inline int wait_for(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) != pid || status != 0;
}

#endif
