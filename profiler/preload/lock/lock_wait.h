/*
 * preload/lock/lock_wait.h - the slow half of a lock: somebody has to wait.
 *
 *	wait_begin(&wait, mutex, LOCK_MUTEX, &entry, WAIT_FOR_GOOD);
 *	... block ...
 *	wait_end(&wait, WAIT_HELD);
 *
 * Here are the clock, the call stack and the tables; an uncontended lock
 * never comes here.
 *
 * Room       a lock without a place in the table is waited for all the same;
 *            wait.lock is NULL then, and the wait counts as lost.
 * Threads    each wait is one thread's.
 * Read next  preload/lock/deadlock.h
 */
#ifndef PRELOAD_LOCK_LOCK_WAIT_H
#define PRELOAD_LOCK_LOCK_WAIT_H

#include "preload/lock/lock_table.h"
#include "preload/stack/stack_walk.h"
#include <errno.h>
#include <stdbool.h>

struct wait {
	struct lock_block *lock;
	struct thread_block *thread;
	uint64_t started_ns;
	uint32_t site;
};

/* A wait with a deadline ends by itself: it is no part of a deadlock. */
enum wait_patience { WAIT_FOR_GOOD, WAIT_TIMED };

void wait_begin(struct wait *wait, const void *lock, enum lock_kind kind,
		const struct stack_entry *entry, enum wait_patience patience);

enum wait_outcome {
	WAIT_BROKEN,  /* an error, a signal, a cancellation: not counted */
	WAIT_EXPIRED, /* its deadline came first */
	WAIT_GOT,     /* what was waited for came */
	WAIT_HELD,    /* and is held exclusively, until wait_released */
};

void wait_end(struct wait *wait, enum wait_outcome outcome);

/* Whether who gives the lock back is to say so. */
static inline bool lock_wants_release(const struct lock_block *lock)
{
	return lock->held_since_ns ||
	       __atomic_load_n(&lock->waiters_count, __ATOMIC_RELAXED);
}

/* Before an exclusive lock is given back by a holder that somebody awaits. */
void wait_released(struct lock_block *lock, const struct stack_entry *entry);

/* Before it is destroyed: whoever held it does so no longer. */
void wait_destroyed(const void *lock, enum lock_kind kind);

/* Of a function that returns an error number. */
static inline enum wait_outcome wait_outcome_of(int error,
						enum wait_outcome when_it_came)
{
	if (error == 0)
		return when_it_came;
	return error == ETIMEDOUT ? WAIT_EXPIRED : WAIT_BROKEN;
}

#endif
