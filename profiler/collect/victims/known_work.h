/*
 * known_work.h - work whose CPU time the victim measures itself.
 *
 * burn() computes. The victim reads its own CPU clock before and after it, and
 * prints how long each part took: samples of the victim must give this result.
 */
#ifndef KNOWN_WORK_H
#define KNOWN_WORK_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/*
 * The steps of 0.03 to 0.15 ms of work, a different number each time: rounds of
 * 1 ms would run in step with 999 samples a second, so that all samples would
 * fall into the same part.
 */
static inline uint32_t burn_steps(void)
{
	static _Thread_local uint32_t state = 1;

	state = state * 1664525u + 1013904223u;
	return 20000 + (state >> 16);
}

static inline uint64_t clock_now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Each step depends on the one before it, so alignment does not matter. */
__attribute__((always_inline)) static inline uint64_t burn(uint64_t seed)
{
	for (uint32_t left = burn_steps(); left; left--) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(seed));
	}
	return seed;
}

/* Computes until the thread has used that much more CPU time. */
__attribute__((noinline, unused)) static void burn_ns(uint64_t duration_ns)
{
	uint64_t end = clock_now_ns(CLOCK_THREAD_CPUTIME_ID) + duration_ns;
	uint64_t seed = 1;

	while (clock_now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		seed = burn(seed);
}

/* The n-th argument as a number, or the usual value if it is missing. */
static inline uint64_t argument(int argc, char **argv, int n, uint64_t usual)
{
	return argc > n ? strtoull(argv[n], NULL, 10) : usual;
}

#endif
