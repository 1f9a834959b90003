/*
 * sources/arena_source.h - the third source: counters that the target writes.
 *
 *	clinic_arena_source_open(&plan, &source);
 *	clinic_target_launch(argv, clinic_arena_source_settings(&source), ...);
 *
 * libclinic-preload.so, loaded into the target, counts allocations and waits
 * for locks in an arena for each program, a file that we map too. Each drain
 * emits what was added to it since the last: one event for each call site and
 * thread at which something was.
 *
 *	hook: counter += 1          drain: ++drains_count
 *	      first since a drain?         rows touched since the last two:
 *	      note it in the rows          counter - seen -> event
 *
 * Exact      the events of a run add up to the counters, to the call and byte.
 * Cost       a drain looks only at what may have changed; a hook does no more
 *            for it than once per call site and drain.
 * Memory     an arena lasts until its process has ended and there are too
 *            many: see clinic_arena_source_retire().
 * Ownership  the folder of arenas is the source's. It is removed at close, but
 *            under a process that still runs: then the next recording sweeps
 *            it away.
 * Errors     0 or -errno.
 * Read next  event_source.h, what it can be asked; arena_changes.h.
 */
#ifndef CLINIC_SOURCES_ARENA_SOURCE_H
#define CLINIC_SOURCES_ARENA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared_memory/unseen_roll.h"
#include "sources/arena_image.h"
#include "sources/event_source.h"

#define CLINIC_ARENA_PERIOD_MS 100

/* When there are more programs than that, ended ones are retired: each arena
 * takes some 4 MiB of memory that is shared. */
#define CLINIC_ARENAS_MOST 128

struct clinic_arena_plan {
	const char *preload; /* libclinic-preload.so */
	bool with_alloc;     /* call sites, live blocks, peak, leaks */
	bool with_lock;
	uint64_t sample_bytes;   /* 0: every allocation */
	const char *no_alloc_in; /* stages, comma-separated; or NULL */
};

/* modules: where the programs' code is looked up; they outlive the source. */
int clinic_arena_source_open(const struct clinic_arena_plan *plan,
			     struct clinic_modules *modules,
			     struct clinic_source *source);

/* "NAME=value", for the target's environment; lives as long as the source. */
char *const *clinic_arena_source_settings(const struct clinic_source *source);

struct clinic_arena_facts {
	struct arena_image *const *images; /* by process, in order */
	size_t images_count;
	size_t unreadable_count; /* files that are no arenas */
	/* Programs without one, as far as they could tell us. */
	struct unseen_roll unseen;
};

/*
 * Where there are too many arenas: hands on those of processes that have gone
 * and were drained, until half of CLINIC_ARENAS_MOST are left. They are closed
 * and removed after that. What on_ended does not return 0 for ends it, and is
 * returned. retired_count: how many they were.
 */
int clinic_arena_source_retire(const struct clinic_source *source,
			       int (*on_ended)(void *context,
					       const struct arena_image *image),
			       void *context, size_t *retired_count);

/* Valid until the next drain, or retirement. */
void clinic_arena_source_facts_get(const struct clinic_source *source,
				   struct clinic_arena_facts *facts);

#endif
