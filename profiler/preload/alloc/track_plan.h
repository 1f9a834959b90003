/*
 * preload/alloc/track_plan.h - what is to be kept of each allocation.
 *
 * The hooks read it at every call. It is set before main, but that a budget
 * may be added at any time.
 */
#ifndef PRELOAD_ALLOC_TRACK_PLAN_H
#define PRELOAD_ALLOC_TRACK_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* What is wanted; all false: counts alone. */
struct track_plan {
	bool is_active; /* any of these: allocations are to come here */
	bool is_plain;  /* stacks of every allocation, and no budgets */
	bool with_stacks;
	bool with_live; /* needs stacks */
	bool with_budgets;
	bool with_locks;       /* sites are wanted, of waits */
	uint64_t sample_bytes; /* 0: every allocation is tracked */
};

extern __attribute__((visibility("hidden"))) struct track_plan track_plan;

/* From now on each allocation may be one too many. */
void track_watch_budgets(void);

#endif
