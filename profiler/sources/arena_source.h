/*
 * sources/arena_source.h - the third source: counters that the target writes.
 *
 *	clinic_arena_source_open(&plan, modules, &source);
 *	settings = clinic_arena_source_settings(&source);
 *	clinic_target_launch(argv, settings, &target);
 *
 * libclinic-preload.so, loaded into the target, counts allocations and waits
 * for locks in an arena for each program, which is a file that we map, too.
 * Each drain emits what was added since the last one: one event for each call
 * site and thread whose counters have changed.
 *
 *	hook: counter += 1          drain: ++drains_count
 *	      first since a drain?         rows touched since a few drains:
 *	      note it in the rows          counter - seen -> event
 *
 * Exact      the events of a run add up to the counters, to the call and byte.
 * Cost       a drain reads only what may have changed; for that, a hook does
 *            something once per call site and drain.
 * Memory     an arena stays until its process has ended and there are too many:
 *            see clinic_arena_source_retire().
 * Ownership  the folder of arenas belongs to the source. It is removed at
 *            close, unless a process still uses it: then the next recording
 *            removes it.
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

/* When there are more programs than this, ended ones are retired, because each
 * arena takes some 4 MiB of shared memory. */
#define CLINIC_ARENAS_MOST 128

struct clinic_arena_plan {
	const char *preload; /* libclinic-preload.so */
	bool with_alloc;     /* call sites, live blocks, peak, leaks */
	bool with_lock;
	uint64_t sample_bytes;   /* 0: every allocation */
	const char *no_alloc_in; /* stages, comma-separated; or NULL */
};

/*
 * The code of the programs is looked up in `modules`, which outlive the source.
 */
int clinic_arena_source_open(const struct clinic_arena_plan *plan,
			     struct clinic_modules *modules,
			     struct clinic_source *source);

/* "NAME=value" for the target's environment, valid as long as the source. */
char *const *clinic_arena_source_settings(const struct clinic_source *source);

struct clinic_arena_facts {
	struct arena_image *const *images; /* by process, in order */
	size_t images_count;
	size_t unreadable_count; /* files that are no arenas */
	/* Programs without an arena, if they could report themselves. */
	struct unseen_roll unseen;
};

/*
 * Where there are too many arenas, this calls on_ended for those whose process
 * has ended and that were drained, and then closes and removes them, until
 * half of CLINIC_ARENAS_MOST are left. A result of on_ended that is not 0 ends
 * this and is returned. retired_count: how many arenas were retired.
 */
int clinic_arena_source_retire(const struct clinic_source *source,
			       int (*on_ended)(void *context,
					       const struct arena_image *image),
			       void *context, size_t *retired_count);

/* The facts are valid until the next drain or retirement. */
void clinic_arena_source_facts_get(const struct clinic_source *source,
				   struct clinic_arena_facts *facts);

#endif
