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

/* Some 0.1 ms each: a chain of dependent steps, whatever the alignment. */
#define BURN_STEPS 60000u

static inline uint64_t clock_now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

__attribute__((always_inline)) static inline uint64_t burn(uint64_t seed)
{
	for (uint32_t i = 0; i < BURN_STEPS; i++) {
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
