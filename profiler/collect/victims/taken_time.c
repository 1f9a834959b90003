/*
 * taken_time FILE: reads the clock in a loop, and writes to FILE how much time
 * a sampler has taken from it, in ns for each second.
 *
 * If two readings are further apart than a round of the loop takes, the loop
 * was interrupted; the result is the sum of these times. So it does not depend
 * on the speed of a program. It is measured after a warm-up, in which a sampler
 * finds out how deep the stacks are.
 */
#include <inttypes.h>
#include <stdio.h>

#include "known_work.h"

#define WARM_UP_NS     300000000u
#define MEASURE_NS     700000000u
#define UNDISTURBED_NS 1000u
/* After a longer interruption, another program had the CPU. */
#define OTHER_PROGRAM_NS 100000u

static uint64_t taken_within_ns(uint64_t duration_ns)
{
	uint64_t last = clock_now_ns(CLOCK_MONOTONIC);
	uint64_t end = last + duration_ns, taken = 0;

	while (last < end) {
		uint64_t now = clock_now_ns(CLOCK_MONOTONIC);

		if (now - last > UNDISTURBED_NS &&
		    now - last < OTHER_PROGRAM_NS)
			taken += now - last;
		last = now;
	}
	return taken;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "w") : NULL;
	uint64_t taken;

	if (!file)
		return 2;
	taken_within_ns(WARM_UP_NS);
	taken = taken_within_ns(MEASURE_NS);
	fprintf(file, "%" PRIu64 "\n", taken * 1000000000u / MEASURE_NS);
	return fclose(file) != 0;
}
