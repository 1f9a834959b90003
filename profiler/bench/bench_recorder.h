/*
 * bench_recorder.h - what is kept of a measurement beside its samples: time
 * and allocations per stage, and what the process used.
 *
 * An observer of clinic_bench_run(): all its work lies between samples, and
 * its own memory is taken before the counters are read.
 *
 * Units      _ns, _bytes, _count. Allocations cover all measured runs.
 * Ownership  the recorder owns its arrays; stage names are literals of the
 *            program.
 * Errors     0 or -ENOMEM.
 * Threads    of the measuring thread.
 * Read next  bench_evidence.h, which writes it down.
 */
#ifndef CLINIC_BENCH_RECORDER_H
#define CLINIC_BENCH_RECORDER_H

#include "bench/stage_time.h"

#include <clinic/alloc.h>
#include <clinic/bench.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

struct stage_record {
	const char *name;
	uint64_t *samples_ns; /* one total for each sample */
	struct clinic_alloc_counts before;
	struct clinic_alloc_counts allocations;
};

struct bench_recorder {
	struct clinic_observer observer; /* for clinic_plan */
	size_t samples_max;
	bool has_stages;
	bool has_allocations; /* the allocation counter is loaded */
	int error;

	uint64_t started_ns; /* when the warm-up was over */
	struct rusage usage_before;
	struct rusage usage;
	struct clinic_alloc_counts before;
	struct clinic_alloc_counts allocations;
	size_t stages_count;
	struct stage_record stages[STAGES_MAX];
};

/* Before the workload's first run. The recorder must stay where it is. */
void bench_recorder_start(struct bench_recorder *recorder, bool has_stages,
			  size_t samples_max);

/* After its last. */
int bench_recorder_finish(struct bench_recorder *recorder);

void bench_recorder_free(struct bench_recorder *recorder);

#endif
