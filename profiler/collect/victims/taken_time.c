/*
 * taken_time FILE: spins, and writes down how much time was taken from it.
 *
 * Two looks at the clock that are further apart than one can spin were
 * interrupted. After a warm-up in which a sampler finds its depth, the sum
 * of all such times goes to FILE, in ns for each second of spinning: a
 * sampler's cost without the speed of any program in it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "known_work.h"

#define WARM_UP_NS     300000000u
#define MEASURE_NS     700000000u
#define UNDISTURBED_NS 1000u
#define MOVED_ASIDE_NS 100000u /* another program had the CPU */

static uint64_t taken_within_ns(uint64_t duration_ns)
{
	uint64_t last = clock_now_ns(CLOCK_MONOTONIC);
	uint64_t end = last + duration_ns, taken = 0;

	while (last < end) {
		uint64_t now = clock_now_ns(CLOCK_MONOTONIC);

		if (now - last > UNDISTURBED_NS && now - last < MOVED_ASIDE_NS)
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
