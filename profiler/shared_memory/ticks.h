/*
 * shared_memory/ticks.h - a clock that is cheap enough to be read at every
 * allocation.
 *
 * Units      ticks of unknown length; with two instants (struct arena_instant),
 *            ticks are converted to nanoseconds.
 * Threads    any. The counters of all CPUs agree on every machine whose kernel
 *            uses them for its own clock.
 */
#ifndef CLINIC_SHARED_MEMORY_TICKS_H
#define CLINIC_SHARED_MEMORY_TICKS_H

#include "shared_memory/arena_layout.h"
#include <time.h>

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t ticks_now(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return clock_ns();
#endif
}

#define INSTANT_TRIES 3

/*
 * Reads both clocks several times, and keeps the pair with the least time
 * between its readings. A thread that is suspended between two readings would
 * pair different times.
 */
static inline struct arena_instant instant_now(void)
{
	struct arena_instant instant = {0};
	uint64_t least_ticks = UINT64_MAX;

	for (int i = 0; i < INSTANT_TRIES; i++) {
		uint64_t before = ticks_now(), ns = clock_ns(),
			 took_ticks = ticks_now() - before;

		if (took_ticks >= least_ticks)
			continue;
		least_ticks = took_ticks;
		instant.ticks = before + took_ticks / 2;
		instant.ns = ns;
	}
	return instant;
}

#endif
