/*
 * preload/alloc/track_plan.h - what this process records of each allocation.
 *
 * The hooks read the plan at every call. It is set before main; only a budget
 * can be added later, at any time.
 */
#ifndef PRELOAD_ALLOC_TRACK_PLAN_H
#define PRELOAD_ALLOC_TRACK_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* If all members are false, allocations are only counted. */
struct track_plan {
	bool is_active; /* the hooks must call track_allocation */
	bool is_plain;  /* all allocations have stacks, and no budgets exist */
	bool with_stacks;
	bool with_live; /* blocks are followed to their free; needs stacks */
	bool with_budgets;
	bool with_locks;       /* waits for locks are recorded, with stacks */
	uint64_t sample_bytes; /* mean distance of samples; 0: no sampling */
};

extern __attribute__((visibility("hidden"))) struct track_plan track_plan;

/* From now on each allocation is compared with the budgets. */
void track_watch_budgets(void);

#endif
