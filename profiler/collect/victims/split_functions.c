/*
 * Uses 70, 20 and 10 % of its CPU time in three functions. The argument is the
 * number of ms. Prints each function and its ns, by the thread's own clock.
 */
#include <inttypes.h>
#include <stdio.h>

#include "known_work.h"

#define PART(name)                                                             \
	__attribute__((noinline)) static uint64_t name(uint64_t steps)         \
	{                                                                      \
		uint64_t seed = steps;                                         \
                                                                               \
		while (steps--)                                                \
			seed = burn(seed);                                     \
		return seed;                                                   \
	}

PART(burn_seventy)
PART(burn_twenty)
PART(burn_ten)

static const struct {
	const char *name;
	uint64_t (*function)(uint64_t steps);
	uint64_t steps;
} parts[] = {{"burn_seventy", burn_seventy, 7},
	     {"burn_twenty", burn_twenty, 2},
	     {"burn_ten", burn_ten, 1}};

int main(int argc, char **argv)
{
	uint64_t wanted_ns = argument(argc, argv, 1, 500) * 1000000;
	uint64_t start_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t took_ns[3] = {0}, now_ns = start_ns;

	while (now_ns - start_ns < wanted_ns) {
		for (int part = 0; part < 3; part++) {
			uint64_t before_ns = now_ns;

			parts[part].function(parts[part].steps);
			now_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
			took_ns[part] += now_ns - before_ns;
		}
	}
	for (int part = 0; part < 3; part++)
		printf("%s %" PRIu64 "\n", parts[part].name, took_ns[part]);
	return 0;
}
