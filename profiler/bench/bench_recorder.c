/* Counts what the measured runs use, and the time of each stage per sample. */
#include "bench/bench_recorder.h"

#include "bench/bench_clock.h"

#include <errno.h>
#include <stdlib.h>

/*
 * All counts are zero for a stage that has not begun yet, and if no allocations
 * are counted.
 */
static struct clinic_alloc_counts read_counts(const char *stage)
{
	struct clinic_alloc_counts counts = {0};

	if (!clinic_preload_counts || clinic_preload_counts(stage, &counts))
		return (struct clinic_alloc_counts){0};
	return counts;
}

static struct clinic_alloc_counts
counts_since(const char *stage, const struct clinic_alloc_counts *before)
{
	struct clinic_alloc_counts now = read_counts(stage);

	return (struct clinic_alloc_counts){
		now.allocations_count - before->allocations_count,
		now.frees_count - before->frees_count,
		now.allocated_bytes - before->allocated_bytes,
	};
}

/* Adds the stages that appeared since the last call. */
static void adopt_stages(struct bench_recorder *recorder)
{
	size_t count = stage_time_count();

	while (recorder->stages_count < count && !recorder->error) {
		struct stage_record *stage =
			&recorder->stages[recorder->stages_count];

		stage->name = stage_time_name(recorder->stages_count);
		stage->samples_ns =
			calloc(recorder->samples_max, sizeof(uint64_t));
		if (stage->samples_ns)
			recorder->stages_count++;
		else
			recorder->error = -ENOMEM;
	}
}

static void on_measuring(void *context)
{
	struct bench_recorder *recorder = context;

	adopt_stages(recorder);
	for (size_t i = 0; i < recorder->stages_count; i++) {
		struct stage_record *stage = &recorder->stages[i];

		stage_time_take_ns(i); /* the warm-up's */
		stage->before = read_counts(stage->name);
	}
	recorder->before = read_counts(NULL);
	getrusage(RUSAGE_SELF, &recorder->usage_before);
	recorder->started_ns = clinic_clock_now_ns();
}

static void on_sampled(void *context, size_t index)
{
	struct bench_recorder *recorder = context;

	adopt_stages(recorder);
	for (size_t i = 0; i < recorder->stages_count; i++)
		recorder->stages[i].samples_ns[index] = stage_time_take_ns(i);
}

void bench_recorder_start(struct bench_recorder *recorder, bool has_stages,
			  size_t samples_max)
{
	*recorder = (struct bench_recorder){
		.observer = {.context = recorder,
			     .measuring = on_measuring,
			     .sampled = has_stages ? on_sampled : NULL},
		.samples_max = samples_max,
		.has_stages = has_stages,
		.has_allocations = clinic_preload_counts != NULL,
	};
	if (has_stages)
		stage_time_enable();
}

int bench_recorder_finish(struct bench_recorder *recorder)
{
	getrusage(RUSAGE_SELF, &recorder->usage);
	recorder->allocations = counts_since(NULL, &recorder->before);
	for (size_t i = 0; i < recorder->stages_count; i++) {
		struct stage_record *stage = &recorder->stages[i];

		stage->allocations = counts_since(stage->name, &stage->before);
	}
	return recorder->error;
}

void bench_recorder_free(struct bench_recorder *recorder)
{
	for (size_t i = 0; i < recorder->stages_count; i++)
		free(recorder->stages[i].samples_ns);
	recorder->stages_count = 0;
}
