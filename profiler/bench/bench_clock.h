/*
 * bench_clock.h - the clock of every timing in the harness.
 *
 * Units      nanoseconds of CLOCK_MONOTONIC: never set back, not in need of
 *            calibration, and read without a system call.
 * Threads    safe.
 * Read next  clinic/bench.h, clinic_clock_measure() on its cost.
 */
#ifndef CLINIC_BENCH_CLOCK_H
#define CLINIC_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000u

static inline uint64_t clinic_clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

#endif
