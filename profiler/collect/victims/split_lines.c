/*
 * Uses 70, 20 and 10 % of its CPU time on three lines of one function: those
 * with LINE_SEVENTY and so on. The argument is the number of ms. Prints each
 * line and its ns.
 */
#include <inttypes.h>
#include <stdio.h>

#include "known_work.h"

static uint64_t took_ns[3];

/* The line of this code is the one where the macro is used. */
#define BURN_TIMES(times)                                                      \
	for (uint32_t left = (times)*steps; left; left--) {                    \
		seed = seed * 25214903917u + 11;                               \
		__asm__ volatile("" : "+r"(seed));                             \
	}

__attribute__((noinline)) static uint64_t one_round(uint64_t seed)
{
	uint32_t steps = burn_steps();
	uint64_t at[4];

	at[0] = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
	BURN_TIMES(7) /* LINE_SEVENTY */
	at[1] = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
	BURN_TIMES(2) /* LINE_TWENTY */
	at[2] = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
	BURN_TIMES(1) /* LINE_TEN */
	at[3] = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (int part = 0; part < 3; part++)
		took_ns[part] += at[part + 1] - at[part];
	return seed;
}

int main(int argc, char **argv)
{
	uint64_t wanted_ns = argument(argc, argv, 1, 500) * 1000000;
	uint64_t seed = 1;

	while (took_ns[0] + took_ns[1] + took_ns[2] < wanted_ns)
		seed = one_round(seed);
	printf("LINE_SEVENTY %" PRIu64 "\nLINE_TWENTY %" PRIu64
	       "\nLINE_TEN %" PRIu64 "\n",
	       took_ns[0], took_ns[1], took_ns[2]);
	return seed == 0;
}
