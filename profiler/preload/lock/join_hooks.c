/*
 * Interposes the functions that wait for the end of a thread. To the tables, a
 * thread is a lock that it holds itself until it ends.
 */
#include "preload/lock/deadlock.h"
#include "preload/lock/lock_wait.h"
#include "preload/lock/watched_locks.h"
#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

static const void *lock_of(pthread_t thread)
{
	return (const void *)thread;
}

/*
 * The wait is cut into slices, so that a thread that waits in vain can look for
 * a deadlock.
 */
static int join_forever(pthread_t thread, void **result,
			const struct wait *wait)
{
	uint64_t circle = 0;

	for (;;) {
		struct timespec until = deadlock_next_look();
		int error = real_lock.clockjoin(thread, result, CLOCK_MONOTONIC,
						&until);

		if (error != ETIMEDOUT)
			return error;
		deadlock_look_again(wait->thread, &circle);
	}
}

static int block(pthread_t thread, void **result, const struct limit *limit,
		 const struct wait *wait)
{
	if (!limit)
		return join_forever(thread, result, wait);
	return limit->clock < 0
		       ? real_lock.timedjoin(thread, result, limit->until)
		       : real_lock.clockjoin(thread, result, limit->clock,
					     limit->until);
}

static int block_with_cleanup(pthread_t thread, void **result,
			      const struct limit *limit, struct wait *wait)
{
	int error;

	pthread_cleanup_push(watched_abandon_wait, wait);
	error = block(thread, result, limit, wait);
	pthread_cleanup_pop(0);
	return error;
}

/* The C library may give the handle of a joined thread to a new thread. */
static int count_joined(pthread_t thread, struct lock_block *lock, int error)
{
	if (error)
		return error;
	lock_count_shared(lock);
	wait_destroyed(lock_of(thread), LOCK_JOIN);
	return 0;
}

static int wait_for(pthread_t thread, void **result, const struct limit *limit,
		    const struct stack_entry *entry)
{
	struct wait wait;
	int error;

	wait_begin(&wait, lock_of(thread), LOCK_JOIN, entry,
		   limit ? WAIT_TIMED : WAIT_FOREVER);
	error = block_with_cleanup(thread, result, limit, &wait);
	wait_end(&wait, wait_outcome_of(error, WAIT_GOT));
	return count_joined(thread, wait.lock, error);
}

static int join(pthread_t thread, void **result, const struct limit *limit,
		const struct stack_entry *entry)
{
	int error = real_lock.tryjoin(thread, result);

	if (error == EBUSY)
		return wait_for(thread, result, limit, entry);
	return error ? error
		     : count_joined(thread,
				    lock_find(lock_of(thread), LOCK_JOIN), 0);
}

int watched_join(pthread_t thread, void **result,
		 const struct stack_entry *entry)
{
	return join(thread, result, NULL, entry);
}

EXPORT int pthread_join(pthread_t thread, void **result)
{
	struct stack_entry entry;

	settle_before_wait();
	if (!is_watched())
		return real_lock.join(thread, result);
	entry = entry_here();
	return join(thread, result, NULL, &entry);
}

EXPORT int pthread_timedjoin_np(pthread_t thread, void **result, deadline until)
{
	struct limit limit = {-1, until};
	struct stack_entry entry;

	settle_before_wait();
	if (!is_watched())
		return real_lock.timedjoin(thread, result, until);
	entry = entry_here();
	return join(thread, result, &limit, &entry);
}

EXPORT int pthread_clockjoin_np(pthread_t thread, void **result,
				clockid_t clock, deadline until)
{
	struct limit limit = {clock, until};
	struct stack_entry entry;

	settle_before_wait();
	if (!is_watched())
		return real_lock.clockjoin(thread, result, clock, until);
	entry = entry_here();
	return join(thread, result, &limit, &entry);
}

EXPORT int pthread_tryjoin_np(pthread_t thread, void **result)
{
	int error;

	if (!is_watched())
		return real_lock.tryjoin(thread, result);
	error = real_lock.tryjoin(thread, result);
	return error ? error
		     : count_joined(thread,
				    lock_find(lock_of(thread), LOCK_JOIN), 0);
}
