/* Measures the resolution of the clock, and what a reading costs. */
#include "bench/bench_clock.h"

#include <clinic/bench.h>
#include <stdlib.h>

#define BLOCKS             101 /* odd, so that the median is one of them */
#define READINGS_PER_BLOCK 64

static int compare_u64(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/*
 * One reading can take less time than the clock resolves, so many are timed
 * together.
 */
static uint64_t time_readings(void)
{
	uint64_t start_ns = clinic_clock_now_ns();
	uint64_t end_ns = start_ns;

	for (int i = 0; i < READINGS_PER_BLOCK; i++)
		end_ns = clinic_clock_now_ns();
	return (end_ns - start_ns + READINGS_PER_BLOCK - 1) /
	       READINGS_PER_BLOCK;
}

static uint64_t measure_cost_ns(void)
{
	uint64_t costs_ns[BLOCKS];

	for (int i = 0; i < BLOCKS; i++)
		costs_ns[i] = time_readings();
	qsort(costs_ns, BLOCKS, sizeof(costs_ns[0]), compare_u64);
	return costs_ns[BLOCKS / 2];
}

static uint64_t measure_step_ns(void)
{
	uint64_t start_ns = clinic_clock_now_ns();
	uint64_t next_ns;

	do {
		next_ns = clinic_clock_now_ns();
	} while (next_ns == start_ns);
	return next_ns - start_ns;
}

static uint64_t measure_resolution_ns(void)
{
	uint64_t smallest_ns = UINT64_MAX;

	for (int i = 0; i < BLOCKS; i++) {
		uint64_t step_ns = measure_step_ns();

		if (step_ns < smallest_ns)
			smallest_ns = step_ns;
	}
	return smallest_ns;
}

struct clinic_clock clinic_clock_measure(void)
{
	return (struct clinic_clock){
		.resolution_ns = measure_resolution_ns(),
		.cost_ns = measure_cost_ns(),
	};
}
