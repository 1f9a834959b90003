/* Counts the delays of a virtual speed-up, and lets threads take them. */
#include "preload/causal/virtual_time.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include "shared_memory/causal_layout.h"
#include "shared_memory/ticks.h"

static _Atomic(struct causal_result *) result;

/*
 * The longest single sleep. A handler blocks all signals of its thread, so a
 * signal of the program waits for no longer than this.
 */
#define SLEEP_NS_MOST 20000000u

static _Thread_local struct {
	uint64_t taken_ns;
	uint64_t overslept_ns; /* to be subtracted from the next sleep */
} self;

void virtual_time_use(struct causal_result *of_this_process)
{
	atomic_store(&result, of_this_process);
}

void virtual_time_begin(uint64_t taken_ns)
{
	self.taken_ns = taken_ns;
}

uint64_t virtual_time_taken_ns(void)
{
	return self.taken_ns;
}

uint64_t virtual_time_inserted_ns(void)
{
	struct causal_result *now = atomic_load(&result);

	return now ? atomic_load(&now->inserted_ns) : 0;
}

void virtual_time_gain(uint64_t delay_ns)
{
	struct causal_result *now = atomic_load(&result);
	uint64_t inserted_ns = virtual_time_inserted_ns();

	if (!now)
		return;
	self.taken_ns += delay_ns;
	while (inserted_ns < self.taken_ns &&
	       !atomic_compare_exchange_weak(&now->inserted_ns, &inserted_ns,
					     self.taken_ns))
		;
}

static void sleep_for(uint64_t ns)
{
	struct timespec wait = {(time_t)(ns / 1000000000u),
				(long)(ns % 1000000000u)};

	/* The C library's own function is a cancellation point. */
	(void)raw_call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (long)&wait, 0);
}

/* Sleeps for a part of what is owed, or less if a signal comes. */
static void take_by_sleeping(struct causal_result *now, uint64_t owed_ns)
{
	uint64_t part_ns = owed_ns < SLEEP_NS_MOST ? owed_ns : SLEEP_NS_MOST;
	uint64_t before_ns = clock_ns(), slept_ns;

	if (part_ns > self.overslept_ns)
		sleep_for(part_ns - self.overslept_ns);
	slept_ns = clock_ns() - before_ns;
	atomic_fetch_add(&now->slept_ns, slept_ns);
	slept_ns += self.overslept_ns;
	if (slept_ns < part_ns)
		part_ns = slept_ns;
	self.overslept_ns = slept_ns - part_ns;
	self.taken_ns += part_ns;
}

void virtual_time_pause(void)
{
	struct causal_result *now = atomic_load(&result);
	uint64_t inserted_ns = virtual_time_inserted_ns();

	if (now && inserted_ns > self.taken_ns && !confinement.is_filtered)
		take_by_sleeping(now, inserted_ns - self.taken_ns);
}

/* Delays that are inserted meanwhile are left for later. */
void virtual_time_settle(void)
{
	uint64_t goal_ns = virtual_time_inserted_ns();

	while (self.taken_ns < goal_ns && !confinement.is_filtered)
		virtual_time_pause();
}

/* A tick during the wait may have let the thread take some of them already. */
void virtual_time_credit(uint64_t since_ns)
{
	uint64_t inserted_ns = virtual_time_inserted_ns();

	if (inserted_ns > since_ns)
		self.taken_ns += inserted_ns - since_ns;
	if (self.taken_ns > inserted_ns)
		self.taken_ns = inserted_ns;
}

uint64_t virtual_time_now_ns(void)
{
	return clock_ns() - self.taken_ns;
}
