/*
 * Uses 70, 20 and 10 % of its CPU time in three stages of clinic/stage.h, all
 * in one function. The argument is the number of ms. Prints each stage and its
 * ns.
 */
#include <inttypes.h>
#include <stdio.h>

#include <clinic/stage.h>

#include "known_work.h"

static const struct {
	const char *name;
	int steps;
} parts[] = {{"seventy", 7}, {"twenty", 2}, {"ten", 1}};

static uint64_t run_stage(int part, int scale, uint64_t *seed)
{
	uint64_t before_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);

	clinic_stage_begin(parts[part].name);
	for (int step = 0; step < scale * parts[part].steps; step++)
		*seed = burn(*seed);
	clinic_stage_end(parts[part].name);
	return clock_now_ns(CLOCK_THREAD_CPUTIME_ID) - before_ns;
}

int main(int argc, char **argv)
{
	uint64_t wanted_ns = argument(argc, argv, 1, 500) * 1000000;
	uint64_t took_ns[3] = {0}, seed = 1;

	while (took_ns[0] + took_ns[1] + took_ns[2] < wanted_ns) {
		/*
		 * Rounds have different lengths. In step with the sampler's
		 * ticks, all ticks would fall into one stage.
		 */
		int scale = 1 + (int)(seed >> 40 & 7);

		for (int part = 0; part < 3; part++)
			took_ns[part] += run_stage(part, scale, &seed);
	}
	for (int part = 0; part < 3; part++)
		printf("%s %" PRIu64 "\n", parts[part].name, took_ns[part]);
	return seed == 0;
}
