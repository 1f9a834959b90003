/*
 * clinic/bench.h - time one workload repeatedly; keep every sample.
 *
 * Units      _ns is nanoseconds of CLOCK_MONOTONIC. No means, no rates here.
 * Ownership  samples_ns is the caller's and holds plan->samples_max slots;
 *            it is not touched beyond samples_count.
 * Errors     0 or -errno; -EILSEQ means the workload answered differently
 *            from plan->expect or, without one, from its own first run;
 *            -EINVAL a plan that cannot be carried out.
 *            Never prints, never exits.
 * Threads    one call at a time per process.
 * Read next  clinic/stage.h, for the time of parts of a run.
 */
#ifndef CLINIC_BENCH_H
#define CLINIC_BENCH_H

#include <clinic/workload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called between the timed parts, never within one. Members may be NULL. */
struct clinic_observer {
	void *context;
	void (*measuring)(void *context); /* the warm-up is over */
	void (*sampled)(void *context, size_t index);
};

struct clinic_plan {
	/*
	 * Runs discarded, at least 1: the fastest sets the batch. Without an
	 * expected answer one more run goes before them and gives it.
	 */
	size_t warmup;
	size_t samples_min;  /* samples kept, at least 1 */
	size_t samples_max;  /* slots in samples_ns */
	uint64_t minimum_ns; /* go on until this much was timed; may be 0 */
	size_t batch;        /* runs per sample; 0: chosen from the clock */
	bool has_expect;
	uint64_t expect; /* the answer every run must give */
	const struct clinic_observer *observer; /* or NULL */
};

/* What the clock costs and resolves, measured at start. */
struct clinic_clock {
	uint64_t resolution_ns; /* smallest step seen between two readings */
	uint64_t cost_ns;       /* median of one reading */
};

struct clinic_result {
	size_t samples_count;
	size_t batch;     /* runs in each sample */
	uint64_t answer;  /* the one that every run must give */
	uint64_t differs; /* after -EILSEQ: the answer that was not it */
};

struct clinic_clock clinic_clock_measure(void);

/*
 * Runs per sample that keep resolution and cost of the clock below 0.1 % of
 * a sample, for a run of run_ns.
 */
size_t clinic_bench_batch(const struct clinic_clock *clock, uint64_t run_ns);

int clinic_bench_run(const struct clinic_workload *workload, void *state,
		     const struct clinic_plan *plan,
		     const struct clinic_clock *clock, uint64_t *samples_ns,
		     struct clinic_result *result);

/*
 * Sustained load, for profilers: runs until load_ns were timed and keeps them
 * as one sample, result->batch runs long. Of the plan it takes the warm-up,
 * the expected answer and the observer; samples_ns needs one slot.
 */
int clinic_bench_load(const struct clinic_workload *workload, void *state,
		      const struct clinic_plan *plan,
		      const struct clinic_clock *clock, uint64_t load_ns,
		      uint64_t *samples_ns, struct clinic_result *result);

#endif
