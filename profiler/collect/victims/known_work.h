/*
 * known_work.h - CPU time that a victim can account for itself.
 *
 * burn() computes; the victim reads its own CPU clock around it and prints
 * what each part really took, which is the answer its samples must give.
 */
#ifndef KNOWN_WORK_H
#define KNOWN_WORK_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/*
 * Some 0.03 to 0.15 ms of work, never twice the same: rounds of 1 ms would
 * run in step with 999 samples a second, and always be caught in one part.
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

/* A chain of dependent steps, whatever the alignment. */
__attribute__((always_inline)) static inline uint64_t burn(uint64_t seed)
{
	for (uint32_t left = burn_steps(); left; left--) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(seed));
	}
	return seed;
}

/* Burns until the thread has used that much more CPU time. */
__attribute__((noinline, unused)) static void burn_ns(uint64_t duration_ns)
{
	uint64_t end = clock_now_ns(CLOCK_THREAD_CPUTIME_ID) + duration_ns;
	uint64_t seed = 1;

	while (clock_now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		seed = burn(seed);
}

/* The n-th argument as a number, or what is usual. */
static inline uint64_t argument(int argc, char **argv, int n, uint64_t usual)
{
	return argc > n ? strtoull(argv[n], NULL, 10) : usual;
}

#endif
