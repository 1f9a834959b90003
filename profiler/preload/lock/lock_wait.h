/*
 * preload/lock/lock_wait.h - records a wait for a lock.
 *
 *	wait_begin(&wait, mutex, LOCK_MUTEX, &entry, WAIT_FOREVER);
 *	... block ...
 *	wait_end(&wait, WAIT_HELD);
 *
 * This reads the clock, walks the call stack and writes to the tables. It is
 * not called for a lock that is acquired without waiting.
 *
 * Errors     if the table of locks has no room, wait.lock is NULL, and the
 *            wait is counted as lost.
 * Threads    a struct wait belongs to one thread.
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

/* A wait with a deadline ends by itself, so it is no part of a deadlock. */
enum wait_patience { WAIT_FOREVER, WAIT_TIMED };

void wait_begin(struct wait *wait, const void *lock, enum lock_kind kind,
		const struct stack_entry *entry, enum wait_patience patience);

enum wait_outcome {
	WAIT_BROKEN,  /* by an error, signal or cancellation; is not counted */
	WAIT_EXPIRED, /* the deadline came first */
	WAIT_GOT,     /* what the thread waited for came */
	WAIT_HELD,    /* the same; the thread is the only holder until
			 wait_released */
};

void wait_end(struct wait *wait, enum wait_outcome outcome);

/* Whether a holder of the lock must call wait_released. */
static inline bool lock_wants_release(const struct lock_block *lock)
{
	return lock->held_since_ns ||
	       __atomic_load_n(&lock->waiters_count, __ATOMIC_RELAXED);
}

/* To be called by the only holder, before it gives the lock back. */
void wait_released(struct lock_block *lock, const struct stack_entry *entry);

/* To be called before the lock is destroyed: nobody holds it any more. */
void wait_destroyed(const void *lock, enum lock_kind kind);

/* The outcome of a wait by a function that returns an error number. */
static inline enum wait_outcome wait_outcome_of(int error,
						enum wait_outcome when_it_came)
{
	if (error == 0)
		return when_it_came;
	return error == ETIMEDOUT ? WAIT_EXPIRED : WAIT_BROKEN;
}

#endif
