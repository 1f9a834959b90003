/*
 * sources/arena_reading.h - all arenas of a run, while they become a session.
 *
 * Private to this room: alloc_raw.c fills it, alloc_rows.c saves allocations
 * and lock_raw.c locks.
 */
#ifndef CLINIC_SOURCES_ARENA_READING_H
#define CLINIC_SOURCES_ARENA_READING_H

#include <stdbool.h>

#include "sources/arena_file.h"
#include "session/rows.h"

struct clinic_modules;
struct clinic_address_stacks;
struct clinic_session;
struct clinic_space;

/* A call site of one process. */
struct arena_site {
	const struct site_block *block; /* NULL: site 0, or of no block */
	uint32_t raw_stack;
	uint32_t threads_count; /* which allocated here */
	struct clinic_allocation sum;
	int64_t live_count, live_bytes, peak_bytes;
	uint64_t lifetime_ticks;
};

/* A program image: a process, until its end or its exec. */
struct arena_image {
	struct arena_file file;
	struct clinic_space **spaces; /* by number of its listing of maps */
	uint32_t spaces_count;
	size_t spaces_capacity;
	struct arena_site *sites; /* by id */
	uint32_t sites_count;
	uint32_t *stages; /* session's ids, by node */
};

struct arena_reading {
	struct clinic_session *session;
	struct clinic_modules *modules;
	struct clinic_address_stacks *raw;
	uint32_t *stacks; /* session's ids, by raw stack */
	struct arena_image *images;
	size_t images_count, images_capacity;
	size_t damaged_count;
	bool with_alloc, with_lock;
	/* The thread of the rows being saved: looked up once a block. */
	const struct rows_block *rows;
	uint32_t rows_thread_id;
};

/* The session's id of that thread; 0 when it stands for several. */
int clinic_arena_thread_id(struct clinic_session *session,
			   const struct arena_image *image, uint64_t thread_at,
			   uint32_t *id);

#endif
