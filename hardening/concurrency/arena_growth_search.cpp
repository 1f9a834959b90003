/*
 * arena_growth_search.cpp - every execution of a small arena that is opened and grows under C11's memory model, by Relacy.
 *
 * It repeats, step by step, how two threads open an arena and how each takes a block from it (preload/arena.c); and how a collector reads
 * blocks (sources/arena_file.c, sources/arena_image.c) while a thread takes them and gives them ids (preload/stack/call_sites.c). A unit is
 * the head or one block.
 */
#include "searched_model.hpp"

enum { THREADS = 2, HEAD_UNITS = 1, UNITS = HEAD_UNITS + THREADS };
enum { READ_UNITS = HEAD_UNITS + 3 };

static const rl::memory_order open_loads_head = given_order("OPEN_LOADS_HEAD");
static const rl::memory_order take_stores_kind = given_order("TAKE_STORES_KIND");
static const rl::memory_order site_stores_id = given_order("SITE_STORES_ID");
static const rl::memory_order reader_loads_kind = given_order("READER_LOADS_KIND");
static const rl::memory_order reader_loads_id = given_order("READER_LOADS_ID");
static const bool take_asks_for_memory = given_step("TAKE_ASKS_FOR_MEMORY");
static const bool take_is_exclusive = given_step("TAKE_IS_EXCLUSIVE");
static const bool memory_is_there_first = given_step("MEMORY_IS_THERE_FIRST");

/* get_arena(): both threads may make a head, and both must use the same one. */
struct arena_opening : rl::test_suite<arena_opening, THREADS> {
	rl::atomic<unsigned> head; /* which of the two, from 1 */
	/* This is neither atomic nor locked, so Relacy reports each race on it. */
	rl::var<unsigned> content[THREADS + 1];
	unsigned used_by[THREADS]; /* outside of the model */

	void before()
	{
		head($).store(0, rl::mo_relaxed);
		for (auto &one : content)
			one($) = 0;
	}

	unsigned open(unsigned made)
	{
		unsigned expected = 0;

		content[made]($) = made;
		return head($).compare_exchange_strong(expected, made, rl::mo_seq_cst, rl::mo_seq_cst) ? made : expected;
	}

	void thread(unsigned index)
	{
		unsigned found = head($).load(open_loads_head);

		used_by[index] = found ? found : open(index + 1);
		RL_ASSERT(content[used_by[index]]($) == used_by[index]);
	}

	void after()
	{
		RL_ASSERT(used_by[0] == used_by[1]);
	}
};

/* arena_take() in two threads: no block has two owners, and each can be written. */
struct arena_taking : rl::test_suite<arena_taking, THREADS> {
	rl::atomic<unsigned> used, committed;
	/* Up to where memory can be written. The kernel sees each change at once, hence only locked operations. */
	rl::atomic<unsigned> writable;
	unsigned owners_count[UNITS]; /* outside of the model */

	void before()
	{
		used($).store(HEAD_UNITS, rl::mo_relaxed);
		committed($).store(HEAD_UNITS, rl::mo_relaxed);
		writable($).store(HEAD_UNITS, rl::mo_relaxed);
		for (auto &one : owners_count)
			one = 0;
	}

	void allocate_pages(unsigned end)
	{
		unsigned before = writable($).fetch_add(0, rl::mo_seq_cst);

		while (before < end && !writable($).compare_exchange_strong(before, end, rl::mo_seq_cst, rl::mo_seq_cst))
			;
	}

	/* commit(), in steps of two blocks */
	void commit(unsigned end)
	{
		unsigned wanted = end + 1;
		unsigned before = committed($).load(rl::mo_seq_cst);

		if (memory_is_there_first)
			allocate_pages(wanted);
		while (before < wanted && !committed($).compare_exchange_strong(before, wanted, rl::mo_seq_cst, rl::mo_seq_cst))
			;
		if (!memory_is_there_first)
			allocate_pages(wanted);
	}

	unsigned take()
	{
		unsigned at = used($).load(rl::mo_relaxed);

		do {
			if (take_asks_for_memory && at + 1 > committed($).load(rl::mo_seq_cst))
				commit(at + 1);
			if (!take_is_exclusive)
				used($).store(at + 1, rl::mo_relaxed);
		} while (take_is_exclusive && !used($).compare_exchange_strong(at, at + 1, rl::mo_relaxed, rl::mo_relaxed));
		return at;
	}

	void thread(unsigned)
	{
		unsigned unit = take();

		RL_ASSERT(writable($).fetch_add(0, rl::mo_seq_cst) > unit);
		RL_ASSERT(!owners_count[unit]++);
	}
};

/* A thread takes all blocks, and a collector reads them meanwhile. */
struct arena_reading : rl::test_suite<arena_reading, 2> {
	rl::atomic<unsigned> used, kind[READ_UNITS], id[READ_UNITS];
	/* These are neither atomic nor locked, so Relacy reports each race on them. */
	rl::var<unsigned> length[READ_UNITS], content[READ_UNITS];

	void before()
	{
		used($).store(HEAD_UNITS, rl::mo_relaxed);
		for (unsigned unit = 0; unit < READ_UNITS; unit++) {
			kind[unit]($).store(0, rl::mo_relaxed);
			id[unit]($).store(0, rl::mo_relaxed);
			length[unit]($) = 0;
			content[unit]($) = 0;
		}
	}

	/* The end of arena_take(), and make_site() */
	void write_site(unsigned unit)
	{
		used($).store(unit + 1, rl::mo_relaxed);
		length[unit]($) = 1;
		kind[unit]($).store(1, take_stores_kind);
		content[unit]($) = unit;
		id[unit]($).store(unit, site_stores_id);
	}

	/* clinic_arena_refresh() and read_site() */
	void read_sites()
	{
		unsigned end = used($).load(rl::mo_acquire);
		unsigned unit = HEAD_UNITS;

		while (unit < end && kind[unit]($).load(reader_loads_kind)) {
			unsigned number = id[unit]($).load(reader_loads_id);

			RL_ASSERT(!number || content[unit]($) == number);
			unit += length[unit]($);
		}
	}

	void thread(unsigned index)
	{
		if (index)
			return read_sites();
		for (unsigned unit = HEAD_UNITS; unit < READ_UNITS; unit++)
			write_site(unit);
	}
};

int main()
{
	unsigned long long executions = search<arena_opening>() + search<arena_reading>() + search<arena_taking>();

	std::printf("searched %llu executions\n", executions);
}
