/*
 * shared_memory/arena_roll.h - who could not open an arena.
 *
 * A worker that gave up its privileges, or has another root, cannot make a
 * file in the folder of arenas. It inherits this page from its parent, which
 * could, and writes down that it is not observed.
 *
 * Writers    any process of the run, by atomic additions.
 * Read next  preload/lifecycle.c, who writes; sources/arena_source.c.
 */
#ifndef CLINIC_SHARED_MEMORY_ARENA_ROLL_H
#define CLINIC_SHARED_MEMORY_ARENA_ROLL_H

#include <stdint.h>

/* In the folder; no arena's name begins with a dot. */
#define ARENA_ROLL_NAME ".roll"

struct arena_roll {
	uint32_t unopened_count; /* programs without an arena */
	uint32_t errno_number;   /* why, of the last */
	uint32_t pid;            /* the last */
	uint32_t reserved;
};

#endif
