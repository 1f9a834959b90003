/*
 * timer_ring_search.cpp - every execution of a small timer ring under C11's memory model, by Relacy.
 *
 * It repeats, step by step, what the sampler (preload/timer/timer_write.c) and the collector (sources/timer_program.c) do with the ring:
 * two writers write one record each, and a reader polls twice. The ring has one place, so that the place is used again. Gate 10 reads the
 * four memory orders that the ring depends on from those two files and defines them here, so that a weaker order in the sources is tested.
 */
#include <relacy/relacy.hpp>

#include <cstdio>

enum { PLACES = 1, WRITERS = 2, POLLS = 2 };

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
			if (position + 1 - tail($).load(RESERVE_LOADS_TAIL) > PLACES)
				return;
		} while (!head($).compare_exchange_strong(position, position + 1, rl::mo_relaxed, rl::mo_relaxed));
		/* The reader has set the place to zero, and this must be visible here. */
		RL_ASSERT(content[position % PLACES]($) == 0);
		RL_ASSERT(kind[position % PLACES]($).load(rl::mo_relaxed) == 0);
		content[position % PLACES]($) = position + 1;
		kind[position % PLACES]($).store(1, COMMIT_STORES_KIND);
	}

	/* The collector sets a complete record to zero before it moves the tail. */
	void read_record(unsigned &position)
	{
		if (!kind[position % PLACES]($).load(READER_LOADS_KIND))
			return;
		RL_ASSERT(content[position % PLACES]($) == position + 1);
		content[position % PLACES]($) = 0;
		kind[position % PLACES]($).store(0, rl::mo_relaxed);
		tail($).store(++position, READER_STORES_TAIL);
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
	rl::test_params params;

	params.search_type = rl::fair_full_search_scheduler_type;
	params.iteration_count = 100000000;
	bool is_right = rl::simulate<timer_ring>(params);
	std::printf("%s %llu executions\n", is_right ? "searched" : "WRONG after", (unsigned long long)params.stop_iteration);
	return is_right ? 0 : 1;
}
