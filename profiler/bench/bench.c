/*
 * Runs a workload, times it in batches, and checks every answer.
 *
 * Only time_batch() runs between two readings of the clock; the observer and
 * all bookkeeping are outside it.
 */
#include "bench/bench_clock.h"

#include <clinic/bench.h>
#include <clinic/black_box.h>
#include <errno.h>

/* A sample takes at least this many times the error of the clock: 1 / 0.1 %. */
#define CLOCK_ERROR_FACTOR 1000

struct measurement {
	const struct clinic_workload *workload;
	void *state;
	const struct clinic_plan *plan;
	struct clinic_result *result;
};

size_t clinic_bench_batch(const struct clinic_clock *clock, uint64_t run_ns)
{
	uint64_t error_ns = clock->resolution_ns > clock->cost_ns
				    ? clock->resolution_ns
				    : clock->cost_ns;
	uint64_t needed_ns = error_ns * CLOCK_ERROR_FACTOR;

	if (run_ns == 0)
		run_ns = 1;
	/*
	 * The error must be below 0.1 %, so one run is added even without a
	 * remainder.
	 */
	return (size_t)(needed_ns / run_ns + 1);
}

/*
 * The answer is checked on every run, because broken code is often fast code: a
 * time without its answer is not evidence.
 *
 * noinline: `lab` looks in the linked binary for this function, its loop and
 * its two barriers.
 */
__attribute__((noinline)) static int
time_batch(const struct measurement *measurement, size_t runs_count,
	   uint64_t *took_ns)
{
	const struct clinic_workload *workload = measurement->workload;
	struct clinic_result *result = measurement->result;
	void *state = measurement->state;
	uint64_t start_ns = clinic_clock_now_ns();

	for (size_t i = 0; i < runs_count; i++) {
		uint64_t answer;

		clinic_black_box_in(state);
		answer = workload->run(state);
		clinic_black_box_out(answer);
		if (answer != result->answer) {
			result->differs = answer;
			return -EILSEQ;
		}
	}
	*took_ns = clinic_clock_now_ns() - start_ns;
	return 0;
}

/*
 * Sets the answer that every run must give, and chooses the batch by the
 * fastest run.
 */
static int warm_up(const struct measurement *measurement,
		   const struct clinic_clock *clock)
{
	const struct clinic_plan *plan = measurement->plan;
	struct clinic_result *result = measurement->result;
	uint64_t fastest_ns = UINT64_MAX;

	result->answer =
		plan->has_expect
			? plan->expect
			: measurement->workload->run(measurement->state);
	for (size_t i = 0; i < plan->warmup; i++) {
		uint64_t took_ns;
		int err = time_batch(measurement, 1, &took_ns);

		if (err)
			return err;
		if (took_ns < fastest_ns)
			fastest_ns = took_ns;
	}
	result->batch = plan->batch ? plan->batch
				    : clinic_bench_batch(clock, fastest_ns);
	return 0;
}

static void notify_measuring(const struct clinic_observer *observer)
{
	if (observer && observer->measuring)
		observer->measuring(observer->context);
}

static void notify_sampled(const struct clinic_observer *observer, size_t index)
{
	if (observer && observer->sampled)
		observer->sampled(observer->context, index);
}

static bool has_enough(const struct clinic_plan *plan, size_t samples_count,
		       uint64_t timed_ns)
{
	if (samples_count >= plan->samples_max)
		return true;
	return samples_count >= plan->samples_min &&
	       timed_ns >= plan->minimum_ns;
}

static int keep_samples(const struct measurement *measurement,
			uint64_t *samples_ns)
{
	const struct clinic_plan *plan = measurement->plan;
	struct clinic_result *result = measurement->result;
	uint64_t timed_ns = 0;

	while (!has_enough(plan, result->samples_count, timed_ns)) {
		uint64_t took_ns;
		int err = time_batch(measurement, result->batch, &took_ns);

		if (err)
			return err;
		samples_ns[result->samples_count] = took_ns;
		notify_sampled(plan->observer, result->samples_count++);
		timed_ns += took_ns;
	}
	return 0;
}

int clinic_bench_run(const struct clinic_workload *workload, void *state,
		     const struct clinic_plan *plan,
		     const struct clinic_clock *clock, uint64_t *samples_ns,
		     struct clinic_result *result)
{
	struct measurement measurement = {workload, state, plan, result};
	int err;

	*result = (struct clinic_result){0};
	if (plan->warmup < 1 || plan->samples_min < 1 ||
	    plan->samples_max < plan->samples_min)
		return -EINVAL;
	err = warm_up(&measurement, clock);
	if (err)
		return err;
	notify_measuring(plan->observer);
	return keep_samples(&measurement, samples_ns);
}

int clinic_bench_load(const struct clinic_workload *workload, void *state,
		      const struct clinic_plan *plan,
		      const struct clinic_clock *clock, uint64_t load_ns,
		      uint64_t *samples_ns, struct clinic_result *result)
{
	struct measurement measurement = {workload, state, plan, result};
	size_t runs_count = 0;
	uint64_t timed_ns = 0;
	int err;

	*result = (struct clinic_result){0};
	if (plan->warmup < 1)
		return -EINVAL;
	err = warm_up(&measurement, clock);
	if (err)
		return err;
	notify_measuring(plan->observer);
	do {
		uint64_t took_ns;

		err = time_batch(&measurement, result->batch, &took_ns);
		if (err)
			return err;
		timed_ns += took_ns;
		runs_count += result->batch;
	} while (timed_ns < load_ns);
	samples_ns[0] = timed_ns;
	result->batch = runs_count;
	result->samples_count = 1;
	notify_sampled(plan->observer, 0);
	return 0;
}
