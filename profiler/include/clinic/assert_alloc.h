/*
 * clinic/assert_alloc.h - limit the allocations of a stage.
 *
 *	clinic_assert_no_alloc("hot path");
 *	clinic_alloc_budget("parse", 16, 4096);
 *	...
 *	clinic_stage_begin("parse");
 *
 * A limit holds from the moment it is set, in all threads, each time that the
 * stage runs: from its begin to its end, with the stages inside it. The first
 * allocation beyond a limit is reported on stderr with its call stack, and the
 * process exits with 97. Without libclinic-preload.so nothing is checked, and
 * setting a limit costs one predictable branch.
 *
 * Units      count is calls, bytes is the bytes that were asked for, each per
 *            run of the stage in one thread. Blocks that are freed count, too.
 * Errors     none; after 32 limits, further ones are refused with a message on
 *            stderr.
 * Threads    any.
 * Signals    must not be called in a signal handler.
 * Read next  clinic/stage.h; profiler/README.md, for the use in CI.
 */
#ifndef CLINIC_ASSERT_ALLOC_H
#define CLINIC_ASSERT_ALLOC_H

#include <clinic/stage.h>
#include <stdint.h>

#define CLINIC_ALLOC_EXIT_CODE 97

#ifdef __cplusplus
extern "C" {
#endif

CLINIC_WEAK extern void
clinic_preload_alloc_budget(const char *stage, uint64_t count, uint64_t bytes);

static inline void clinic_alloc_budget(const char *stage, uint64_t count,
				       uint64_t bytes)
{
	if (clinic_preload_alloc_budget)
		clinic_preload_alloc_budget(stage, count, bytes);
}

static inline void clinic_assert_no_alloc(const char *stage)
{
	clinic_alloc_budget(stage, 0, 0);
}

#ifdef __cplusplus
}
#endif

#endif
