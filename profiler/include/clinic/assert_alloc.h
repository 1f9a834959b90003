/*
 * clinic/assert_alloc.h - hold a stage to a number of allocations.
 *
 *	clinic_assert_no_alloc("hot path");
 *	clinic_alloc_budget("parse", 16, 4096);
 *	...
 *	clinic_stage_begin("parse");
 *
 * A rule holds from the moment it is made, in all threads, each time that
 * the stage runs: from its begin to its end, stages inside it included. The
 * first allocation beyond it is printed to stderr with its call stack, and
 * the process exits with 97. Without libclinic-preload.so nothing is checked
 * and a rule costs one predictable branch.
 *
 * Units      count is calls, bytes is bytes asked for, per run of the stage
 *            and thread. Blocks that are freed again count all the same.
 * Errors     none; beyond 32 rules the next ones are refused, on stderr.
 * Threads    safe from any thread.
 * Signals    not to be called from a signal handler.
 * Read next  clinic/stage.h; profiler/README.md, for use in CI.
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
