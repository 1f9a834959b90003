/*
 * clinic/bench.h - time one workload repeatedly, and keep every sample.
 *
 * Units      _ns is nanoseconds of CLOCK_MONOTONIC. There are no means and no
 *            rates here.
 * Ownership  samples_ns belongs to the caller and has room for
 *            plan->samples_max samples; nothing is written behind the first
 *            samples_count.
 * Errors     0 or -errno. -EILSEQ: the workload gave another answer than
 *            plan->expect or, without that, than in its first run. -EINVAL: the
 *            plan cannot be carried out. Nothing is printed, and the process
 *            never exits.
 * Threads    one call at a time per process.
 * Read next  clinic/stage.h, for the time of parts of a run.
 */
#ifndef CLINIC_BENCH_H
#define CLINIC_BENCH_H

#include <clinic/workload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* These are called between timed parts, never inside one. Each may be NULL. */
struct clinic_observer {
	void *context;
	void (*measuring)(void *context); /* the warm-up has ended */
	void (*sampled)(void *context, size_t index);
};

struct clinic_plan {
	/*
	 * How many runs are discarded, at least 1; the batch is chosen by the
	 * fastest of them. Without an expected answer, one more run comes
	 * before them, whose answer is the expected one.
	 */
	size_t warmup;
	size_t samples_min;  /* at least 1 */
	size_t samples_max;  /* room in samples_ns */
	uint64_t minimum_ns; /* go on until so much was timed */
	size_t batch;        /* runs per sample; 0: chosen from the clock */
	bool has_expect;
	uint64_t expect; /* the answer every run must give */
	const struct clinic_observer *observer; /* or NULL */
};

/* The resolution of the clock and the cost of a reading, as measured. */
struct clinic_clock {
	uint64_t resolution_ns; /* smallest step between readings */
	uint64_t cost_ns;       /* median time of a reading */
};

struct clinic_result {
	size_t samples_count;
	size_t batch;     /* runs in each sample */
	uint64_t answer;  /* which every run must give */
	uint64_t differs; /* after -EILSEQ: the other answer */
};

struct clinic_clock clinic_clock_measure(void);

/*
 * How many runs, of run_ns each, a sample needs so that resolution and cost of
 * the clock are below 0.1 % of it.
 */
size_t clinic_bench_batch(const struct clinic_clock *clock, uint64_t run_ns);

int clinic_bench_run(const struct clinic_workload *workload, void *state,
		     const struct clinic_plan *plan,
		     const struct clinic_clock *clock, uint64_t *samples_ns,
		     struct clinic_result *result);

/*
 * Runs the workload until load_ns were timed, as a load for profilers, and
 * keeps this as one sample of result->batch runs. Of the plan, it uses the
 * warm-up, the batch, the expected answer and the observer; samples_ns needs
 * room for one sample.
 */
int clinic_bench_load(const struct clinic_workload *workload, void *state,
		      const struct clinic_plan *plan,
		      const struct clinic_clock *clock, uint64_t load_ns,
		      uint64_t *samples_ns, struct clinic_result *result);

#endif
