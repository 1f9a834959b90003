/*
 * sources/tick_clock.h - convert ticks of targets to our CLOCK_MONOTONIC.
 *
 *	clinic_tick_clock_start(&clock);                once, at the start
 *	clinic_tick_clock_ns(&clock, head->peak_ticks);
 *
 * A program in another time namespace has a CLOCK_MONOTONIC that may differ
 * from ours by years, but the same counter of ticks. By the ticks, its times
 * are converted to ours.
 *
 * Units      ticks as in shared_memory/ticks.h.
 * Errors     none; before any time has passed, a span is 0.
 * Read next  shared_memory/ticks.h; time_namespace.h, for perf events.
 */
#ifndef CLINIC_SOURCES_TICK_CLOCK_H
#define CLINIC_SOURCES_TICK_CLOCK_H

#include <stdint.h>

#include "shared_memory/arena_layout.h"

struct clinic_tick_clock {
	struct arena_instant start;
};

void clinic_tick_clock_start(struct clinic_tick_clock *clock);

/* Converts a number of ticks to nanoseconds. */
uint64_t clinic_tick_clock_span_ns(const struct clinic_tick_clock *clock,
				   uint64_t ticks);

/* Our CLOCK_MONOTONIC at that tick; 0 when it was before the start. */
uint64_t clinic_tick_clock_ns(const struct clinic_tick_clock *clock,
			      uint64_t ticks);

/*
 * What must be added to their CLOCK_MONOTONIC, modulo 2^64, to get ours: 0 in
 * the same namespace.
 */
uint64_t clinic_tick_clock_shift_ns(const struct clinic_tick_clock *clock,
				    const struct arena_instant *theirs);

#endif
