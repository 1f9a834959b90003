/*
 * bench/bench_recorder.h - records what a measurement needs besides its
 * samples: the time and the allocations of each stage, and what the process
 * used.
 *
 * It is an observer of clinic_bench_run(): all its work is done between
 * samples. Its memory is allocated before the counters are read, except for a
 * row of each stage that first appears later: this row is counted as an
 * allocation of the process, but of no stage.
 *
 * Units      _ns, _bytes, _count. Allocations are those of all measured runs.
 * Ownership  the recorder owns its arrays; names of stages are literals of the
 *            program.
 * Errors     0 or -ENOMEM.
 * Threads    only the thread that measures calls these functions.
 * Read next  bench_evidence.h, which writes it to a file.
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
	uint64_t *samples_ns; /* one sum for each sample */
	struct clinic_alloc_counts before;
	struct clinic_alloc_counts allocations;
};

struct bench_recorder {
	struct clinic_observer observer; /* for struct clinic_plan */
	size_t samples_max;
	bool has_stages;
	bool has_allocations; /* the allocation counter is loaded */
	int error;

	uint64_t started_ns; /* the end of the warm-up */
	struct rusage usage_before;
	struct rusage usage;
	struct clinic_alloc_counts before;
	struct clinic_alloc_counts allocations;
	size_t stages_count;
	struct stage_record stages[STAGES_MAX];
};

/*
 * To be called before the first run of the workload. The recorder must not move
 * from then on.
 */
void bench_recorder_start(struct bench_recorder *recorder, bool has_stages,
			  size_t samples_max);

/* To be called after the last run. */
int bench_recorder_finish(struct bench_recorder *recorder);

void bench_recorder_free(struct bench_recorder *recorder);

#endif
