/*
 * sources/arena_changes.h - emit what was added to an arena since last time.
 *
 * Read next  arena_image.h, what is remembered; arena_source.h, the caller.
 */
#ifndef CLINIC_SOURCES_ARENA_CHANGES_H
#define CLINIC_SOURCES_ARENA_CHANGES_H

#include "sources/arena_image.h"

struct arena_emission {
	clinic_on_event *on_event;
	void *context;
	uint64_t time_ns; /* of the events */
	/* The target has ended: what is incomplete is emitted as it is. */
	bool is_final;
	/* All rows are compared; otherwise only those of parts that were
	 * touched lately. */
	bool is_full;
	uint32_t drains_count; /* see arena_head */
};

/*
 * So many drains in a row look at a part that was touched, and at all parts of
 * an arena that is new. A hook may note a drain, store its mark after the next
 * one has looked, and replace a newer mark of another thread's hook, which
 * counts only then. hardening/concurrency/arena_drain.pml shows that this many
 * looks suffice as long as a hook takes less time than a drain's period.
 */
#define CLINIC_ARENA_LOOKS 3

/* 0, -ENOMEM, or what on_event returned. */
int clinic_arena_emit_allocations(struct arena_image *image,
				  const struct arena_emission *emission);
int clinic_arena_emit_locks(struct arena_image *image,
			    const struct arena_emission *emission);

#endif
