/*
 * Defines what clinic/stage.h and clinic/alloc.h call if the library is loaded.
 */
#include "foundation/static_probe.h"
#include "preload/alloc/alloc_budget.h"
#include "preload/alloc/alloc_track.h"
#include "preload/causal/causal_sampler.h"
#include "preload/stage_table.h"
#include "preload/thread_counts.h"
#include "preload/timer/timer_sampler.h"
#include <clinic/alloc.h>
#include <errno.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void clinic_preload_stage_begin(const char *name)
{
	struct thread_block *self = thread_self();

	self->stage = stage_child(thread_stages(), self->stage, name);
	count_add(&self->stages[self->stage].begins_count, 1);
	if (track_plan.with_budgets)
		budget_begin(self, self->stage);
	DTRACE_PROBE1(clinic_preload, stage_begin, name);
	timer_sampler_stage(thread_stages()->nodes[self->stage].name);
	causal_stage(name);
}

EXPORT void clinic_preload_stage_end(const char *name)
{
	struct thread_block *self = thread_self();

	self->stage = stage_after(thread_stages(), self->stage, name);
	DTRACE_PROBE1(clinic_preload, stage_end, name);
	timer_sampler_stage(thread_stages()->nodes[self->stage].name);
}

EXPORT int clinic_preload_counts(const char *stage,
				 struct clinic_alloc_counts *counts)
{
	struct stage_counts sum = thread_sum(stage);

	if (stage && !sum.begins_count)
		return -ENOENT;
	counts->allocations_count = count_allocations(&sum);
	counts->frees_count = sum.frees_count;
	counts->allocated_bytes = sum.allocated_bytes;
	return 0;
}
