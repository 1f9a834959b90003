/* Times a wait for a lock, and how long the lock is held after it. */
#include "preload/lock/lock_wait.h"
#include "preload/alloc/alloc_track.h"
#include "preload/arena.h"
#include "preload/thread_counts.h"
#include "shared_memory/ticks.h"

/*
 * The lock is marked as busy before the wait, so that a holder that releases it
 * from now on records where it does.
 */
static void note_waiter(struct lock_block *lock)
{
	atomic_fetch_add(&lock_busy_count, 1);
	__atomic_fetch_add(&lock->waiters_count, 1, __ATOMIC_RELAXED);
}

static void note_place(const struct wait *wait, enum wait_patience patience)
{
	wait->thread->waits_at = wait->site;
	if (patience == WAIT_FOREVER)
		__atomic_store_n(&wait->thread->waits_for, wait->lock->key,
				 __ATOMIC_RELEASE);
}

void wait_begin(struct wait *wait, const void *lock, enum lock_kind kind,
		const struct stack_entry *entry, enum wait_patience patience)
{
	struct thread_block *self = thread_self();

	thread_pause_counting(self);
	*wait = (struct wait){.lock = lock_find_awaited(lock, kind),
			      .thread = self};
	if (wait->lock) {
		note_waiter(wait->lock);
		wait->site = track_site_of(self, entry);
		note_place(wait, patience);
	}
	thread_resume_counting(self);
	wait->started_ns = clock_ns();
}

/*
 * Until wait_released or wait_destroyed the lock stays marked as busy, as it
 * was during the wait.
 */
static void begin_hold(struct lock_block *lock, const struct wait_block *row,
		       uint64_t now_ns)
{
	if (!lock->held_since_ns)
		atomic_fetch_add(&lock_busy_count, 1);
	lock->held_since_ns = now_ns;
	lock->holder_at = arena_offset_of(row);
}

static void count_wait(struct wait *wait, uint64_t now_ns,
		       enum wait_outcome outcome)
{
	struct lock_block *lock = wait->lock;
	bool is_held = outcome == WAIT_HELD;
	uint32_t owner = is_held ? lock->released_at : 0;
	struct wait_block *row =
		wait_find(lock, wait->thread, wait->site, owner);
	uint64_t took_ns = now_ns - wait->started_ns;

	if (!row)
		return;
	/*
	 * `count` is stored after `expired_count`, so that a reader, who
	 * subtracts them, never takes an expired wait for an acquisition.
	 */
	row->expired_count += outcome == WAIT_EXPIRED;
	__atomic_store_n(&row->count, row->count + 1, __ATOMIC_RELEASE);
	row->wait_ns += took_ns;
	if (took_ns > row->longest_ns)
		row->longest_ns = took_ns;
	if (is_held)
		begin_hold(lock, row, now_ns);
}

void wait_end(struct wait *wait, enum wait_outcome outcome)
{
	uint64_t now_ns = clock_ns();

	if (!wait->lock && outcome == WAIT_EXPIRED)
		lock_count_lost();
	if (!wait->lock)
		return;
	__atomic_store_n(&wait->thread->waits_for, 0, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&wait->lock->waiters_count, 1, __ATOMIC_RELAXED);
	if (outcome != WAIT_BROKEN)
		count_wait(wait, now_ns, outcome);
	atomic_fetch_sub(&lock_busy_count, 1);
}

static void end_hold(struct lock_block *lock)
{
	struct wait_block *row = arena_at(lock->holder_at);

	row->hold_ns += clock_ns() - lock->held_since_ns;
	lock->held_since_ns = 0;
	atomic_fetch_sub(&lock_busy_count, 1);
}

void wait_destroyed(const void *lock, enum lock_kind kind)
{
	struct lock_block *block = lock_find_known(lock, kind);

	if (block && block->held_since_ns)
		end_hold(block);
	if (block)
		lock_end(block);
}

void wait_released(struct lock_block *lock, const struct stack_entry *entry)
{
	struct thread_block *self = thread_self();

	if (lock->held_since_ns)
		end_hold(lock);
	if (!__atomic_load_n(&lock->waiters_count, __ATOMIC_RELAXED))
		return;
	thread_pause_counting(self);
	lock->released_at = track_site_of(self, entry);
	thread_resume_counting(self);
}
