/* Reads our clock and the ticks twice, and interpolates between these. */
#include "sources/tick_clock.h"

#include "shared_memory/ticks.h"

/* A smaller shift may come from the time between reading the two clocks. */
#define SHIFT_LEAST_NS 1000000u

void clinic_tick_clock_start(struct clinic_tick_clock *clock)
{
	clock->start = instant_now();
}

uint64_t clinic_tick_clock_span_ns(const struct clinic_tick_clock *clock,
				   uint64_t ticks)
{
	const struct arena_instant *start = &clock->start;
	struct arena_instant now = instant_now();

	if (now.ticks <= start->ticks || now.ns <= start->ns)
		return 0;
	return (uint64_t)((double)ticks * (double)(now.ns - start->ns) /
			  (double)(now.ticks - start->ticks));
}

uint64_t clinic_tick_clock_ns(const struct clinic_tick_clock *clock,
			      uint64_t ticks)
{
	if (ticks < clock->start.ticks)
		return 0;
	return clock->start.ns +
	       clinic_tick_clock_span_ns(clock, ticks - clock->start.ticks);
}

uint64_t clinic_tick_clock_shift_ns(const struct clinic_tick_clock *clock,
				    const struct arena_instant *theirs)
{
	uint64_t ours_ns = clinic_tick_clock_ns(clock, theirs->ticks);
	uint64_t shift_ns = ours_ns - theirs->ns;
	uint64_t apart_ns = shift_ns > INT64_MAX ? -shift_ns : shift_ns;

	return ours_ns && apart_ns >= SHIFT_LEAST_NS ? shift_ns : 0;
}
