/*
 * bench/bench_clock.h - the clock of every timing in the harness.
 *
 * Units      nanoseconds of CLOCK_MONOTONIC, which is never set back, needs no
 *            calibration, and is read without a system call.
 * Threads    safe from any thread.
 * Read next  clinic/bench.h: clinic_clock_measure() measures what a reading
 *            costs.
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
