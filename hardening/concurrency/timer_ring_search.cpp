/*
 * timer_ring_search.cpp - every execution of a small timer ring under C11's memory model, by Relacy.
 *
 * It repeats, step by step, what the sampler (preload/timer/timer_write.c) and the collector (sources/timer_program.c) do with the ring:
 * two writers write one record each, and a reader polls twice. The ring has one place, so that the place is used again.
 */
#include "searched_model.hpp"

enum { PLACES = 1, WRITERS = 2, POLLS = 2 };

static const rl::memory_order reserve_loads_tail = given_order("RESERVE_LOADS_TAIL");
static const rl::memory_order commit_stores_kind = given_order("COMMIT_STORES_KIND");
static const rl::memory_order reader_loads_kind = given_order("READER_LOADS_KIND");
static const rl::memory_order reader_stores_tail = given_order("READER_STORES_TAIL");
static const bool room_is_cleared_first = given_step("ROOM_IS_CLEARED_FIRST");

struct timer_ring : rl::test_suite<timer_ring, WRITERS + 1> {
	rl::atomic<unsigned> head, tail, kind[PLACES];
	/* This is neither atomic nor locked, so Relacy reports each race on it. */
	rl::var<unsigned> content[PLACES];

	void before()
	{
		head($).store(0, rl::mo_relaxed);
		tail($).store(0, rl::mo_relaxed);
		for (int place = 0; place < PLACES; place++) {
			kind[place]($).store(0, rl::mo_relaxed);
			content[place]($) = 0;
		}
	}

	/* timer_write_reserve and timer_write_commit; if the ring is full, the record is lost. */
	void write_record()
	{
		unsigned position = head($).load(rl::mo_relaxed);

		do {
			if (position + 1 - tail($).load(reserve_loads_tail) > PLACES)
				return;
		} while (!head($).compare_exchange_strong(position, position + 1, rl::mo_relaxed, rl::mo_relaxed));
		/* The reader has set the place to zero, and this must be visible here. */
		RL_ASSERT(content[position % PLACES]($) == 0);
		RL_ASSERT(kind[position % PLACES]($).load(rl::mo_relaxed) == 0);
		content[position % PLACES]($) = position + 1;
		kind[position % PLACES]($).store(1, commit_stores_kind);
	}

	/* The collector sets a complete record to zero before it moves the tail. */
	void read_record(unsigned &position)
	{
		if (!kind[position % PLACES]($).load(reader_loads_kind))
			return;
		RL_ASSERT(content[position % PLACES]($) == position + 1);
		if (room_is_cleared_first) {
			content[position % PLACES]($) = 0;
			kind[position % PLACES]($).store(0, rl::mo_relaxed);
		}
		tail($).store(++position, reader_stores_tail);
	}

	void thread(unsigned index)
	{
		unsigned position = 0;

		if (index < WRITERS)
			write_record();
		else
			for (int poll = 0; poll < POLLS; poll++)
				read_record(position);
	}
};

int main()
{
	std::printf("searched %llu executions\n", search<timer_ring>());
}
