/*
 * preload/lock/lock_wait.h - the slow half of a lock: somebody has to wait.
 *
 *	wait_begin(&wait, lock, &entry);
 *	... block ...
 *	wait_end(&wait, has_it);
 *
 * Here are the clock, the call stack and the tables; an uncontended lock
 * never comes here.
 *
 * Threads    each wait is one thread's.
 * Read next  preload/lock/deadlock.h
 */
#ifndef PRELOAD_LOCK_LOCK_WAIT_H
#define PRELOAD_LOCK_LOCK_WAIT_H

#include "preload/lock/lock_table.h"
#include "preload/stack/stack_walk.h"
#include <stdbool.h>

struct wait {
	struct lock_block *lock;
	struct thread_block *thread;
	uint64_t started_ns;
	uint32_t site;
};

/* A wait with a deadline ends by itself: it is no part of a deadlock. */
enum wait_patience { WAIT_FOR_GOOD, WAIT_TIMED };

void wait_begin(struct wait *wait, struct lock_block *lock,
		const struct stack_entry *entry, enum wait_patience patience);

/*
 * has_it: the wait ended with what was waited for, or by its deadline, and is
 * then counted;
 * is_held: and from now on is held exclusively, until wait_released.
 */
void wait_end(struct wait *wait, bool has_it, bool is_held);

/* Whether who gives the lock back is to say so. */
static inline bool lock_wants_release(const struct lock_block *lock)
{
	return lock->held_since_ns ||
	       __atomic_load_n(&lock->waiters_count, __ATOMIC_RELAXED);
}

/* Before an exclusive lock is given back by a holder that somebody awaits. */
void wait_released(struct lock_block *lock, const struct stack_entry *entry);

#endif
