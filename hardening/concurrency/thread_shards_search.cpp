/*
 * thread_shards_search.cpp - every execution of a few threads that count, each in a shard of its own, under C11's memory model, by Relacy.
 *
 * It repeats, step by step, how a thread counts and how it gets the shard of a thread that has ended (preload/thread_counts.c), how it
 * adds its live bytes to those of all threads (preload/alloc/alloc_track.c), and how a collector reads all of it (sources/arena_source.c)
 * when the process has said that it ends (preload/lifecycle.c).
 */
#include "searched_model.hpp"

static const rl::memory_order process_stores_end = given_order("PROCESS_STORES_END");
static const rl::memory_order collector_loads_end = given_order("COLLECTOR_LOADS_END");
static const bool only_ended_threads_lose_theirs = given_step("ONLY_ENDED_THREADS_LOSE_THEIRS");
static const bool take_over_is_exclusive = given_step("TAKE_OVER_IS_EXCLUSIVE");
static const bool live_bytes_are_added_at_once = given_step("LIVE_BYTES_ARE_ADDED_AT_ONCE");
static const bool peak_only_rises = given_step("PEAK_ONLY_RISES");
static const bool end_is_read_first = given_step("END_IS_READ_FIRST");

/* count_add(): one instruction of the only thread that writes this; another one might write between its load and its store. */
static void count_one(rl::atomic<unsigned> &counter)
{
	counter($).store(counter($).load(rl::mo_relaxed) + 1, rl::mo_relaxed);
}

/* take_over(): two new threads find the shard of one that is about to end. A shard that is still in use must not be taken. */
struct shard_take_over : rl::test_suite<shard_take_over, 3> {
	enum { OLD = 1, THREADS = 3 };
	rl::atomic<unsigned> tid, count, own_count[THREADS + 1];
	rl::atomic<unsigned> has_old_ended; /* by the kernel, which tells it after all that the thread did */
	/* These are neither atomic nor locked, so Relacy reports each race on them. */
	rl::var<unsigned> folded_count, depth;

	void before()
	{
		tid($).store(OLD, rl::mo_relaxed);
		count($).store(0, rl::mo_relaxed);
		for (auto &one : own_count)
			one($).store(0, rl::mo_relaxed);
		has_old_ended($).store(0, rl::mo_relaxed);
		folded_count($) = 0;
		depth($) = 0;
	}

	bool has_ended(unsigned thread)
	{
		return !only_ended_threads_lose_theirs || (thread == OLD && has_old_ended($).load(rl::mo_acquire));
	}

	bool take_over(unsigned self)
	{
		unsigned owner = tid($).load(rl::mo_relaxed);

		if (!has_ended(owner))
			return false;
		if (take_over_is_exclusive)
			return tid($).compare_exchange_strong(owner, self, rl::mo_acquire, rl::mo_relaxed);
		tid($).store(self, rl::mo_relaxed);
		return true;
	}

	void live_as(unsigned self)
	{
		if (!take_over(self))
			return count_one(own_count[self]);
		folded_count($) = folded_count($) + 1;
		depth($) = 0;
		count_one(count);
	}

	void thread(unsigned index)
	{
		if (index)
			return live_as(index + 1);
		depth($) = 1;
		depth($) = 0;
		count_one(count);
		has_old_ended($).store(1, rl::mo_release);
	}

	void after()
	{
		unsigned sum = count($).load(rl::mo_relaxed);

		for (auto &one : own_count)
			sum += one($).load(rl::mo_relaxed);
		RL_ASSERT(sum == THREADS);
	}
};

/* add_portion() and note_peak(): each of two threads allocates, and frees what it allocated. */
struct shard_live_bytes : rl::test_suite<shard_live_bytes, 2> {
	rl::atomic<unsigned> live, peak;
	unsigned highest; /* outside of the model */

	void before()
	{
		live($).store(0, rl::mo_relaxed);
		peak($).store(0, rl::mo_relaxed);
		highest = 0;
	}

	unsigned add(int portion)
	{
		if (live_bytes_are_added_at_once)
			return live($).fetch_add(portion, rl::mo_relaxed) + portion;
		unsigned sum = live($).load(rl::mo_relaxed) + portion;

		live($).store(sum, rl::mo_relaxed);
		return sum;
	}

	void note_peak(unsigned sum)
	{
		unsigned before = peak($).load(rl::mo_relaxed);

		highest = sum > highest ? sum : highest;
		if (!peak_only_rises && sum > before)
			peak($).store(sum, rl::mo_relaxed);
		while (peak_only_rises && sum > before && !peak($).compare_exchange_strong(before, sum, rl::mo_relaxed, rl::mo_relaxed))
			;
	}

	void thread(unsigned index)
	{
		unsigned portion = index + 1;

		note_peak(add(portion));
		add(-portion);
	}

	void after()
	{
		RL_ASSERT(live($).load(rl::mo_relaxed) == 0);
		RL_ASSERT(peak($).load(rl::mo_relaxed) == highest);
	}
};

/* drain_image(): a thread counts and then says that the process ends; a collector that has seen the end has seen every count. */
struct shard_end : rl::test_suite<shard_end, 2> {
	enum { COUNTS = 2, DRAINS = 2 };
	rl::atomic<unsigned> count, ended;

	void before()
	{
		count($).store(0, rl::mo_relaxed);
		ended($).store(0, rl::mo_relaxed);
	}

	void drain(unsigned &seen)
	{
		bool is_done = end_is_read_first && ended($).load(collector_loads_end);
		unsigned now = count($).load(rl::mo_relaxed);

		RL_ASSERT(now >= seen); /* a counter never goes back */
		seen = now;
		if (!end_is_read_first)
			is_done = ended($).load(collector_loads_end);
		RL_ASSERT(!is_done || seen == COUNTS);
	}

	void thread(unsigned index)
	{
		unsigned seen = 0;

		for (unsigned i = 0; index && i < DRAINS; i++)
			drain(seen);
		for (unsigned i = 0; !index && i < COUNTS; i++)
			count_one(count);
		if (!index)
			ended($).store(1, process_stores_end);
	}
};

int main()
{
	unsigned long long executions = search<shard_end>() + search<shard_live_bytes>() + search<shard_take_over>();

	std::printf("searched %llu executions\n", executions);
}
