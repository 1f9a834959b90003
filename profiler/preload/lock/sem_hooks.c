/* Interposes the functions that wait for a POSIX semaphore. */
#include "preload/lock/lock_wait.h"
#include "preload/lock/watched_locks.h"
#include <errno.h>
#include <semaphore.h>

#define EXPORT __attribute__((visibility("default")))

static int block(sem_t *sem, const struct limit *limit)
{
	if (!limit)
		return real_lock.sem_wait(sem);
	return limit->clock < 0 ? real_lock.sem_timedwait(sem, limit->until)
				: real_lock.sem_clockwait(sem, limit->clock,
							  limit->until);
}

static int block_with_cleanup(sem_t *sem, const struct limit *limit,
			      struct wait *wait)
{
	int error;

	pthread_cleanup_push(watched_abandon_wait, wait);
	error = block(sem, limit);
	pthread_cleanup_pop(0);
	return error;
}

static int wait_for(sem_t *sem, const struct limit *limit,
		    const struct stack_entry *entry)
{
	struct wait wait;
	int error;

	/*
	 * A semaphore has no holder, so it is never part of the circle of a
	 * deadlock: the wait is recorded like one with a deadline.
	 */
	wait_begin(&wait, sem, LOCK_SEM, entry, WAIT_TIMED);
	error = block_with_cleanup(sem, limit, &wait);
	wait_end(&wait, wait_outcome_of(error ? errno : 0, WAIT_GOT));
	if (!error)
		lock_count_shared(wait.lock);
	return error;
}

static int count_try(sem_t *sem, int error)
{
	if (!error)
		lock_count_shared(lock_find(sem, LOCK_SEM));
	return error;
}

static int take(sem_t *sem, const struct limit *limit,
		const struct stack_entry *entry)
{
	int error = real_lock.sem_trywait(sem);

	return error && errno == EAGAIN ? wait_for(sem, limit, entry)
					: count_try(sem, error);
}

EXPORT int sem_wait(sem_t *sem)
{
	struct stack_entry entry;

	settle_before_wait();
	if (!is_watched())
		return real_lock.sem_wait(sem);
	entry = entry_here();
	return take(sem, NULL, &entry);
}

EXPORT int sem_timedwait(sem_t *restrict sem, deadline restrict until)
{
	struct limit limit = {-1, until};
	struct stack_entry entry;

	settle_before_wait();
	if (!is_watched())
		return real_lock.sem_timedwait(sem, until);
	entry = entry_here();
	return take(sem, &limit, &entry);
}

EXPORT int sem_clockwait(sem_t *restrict sem, clockid_t clock,
			 deadline restrict until)
{
	struct limit limit = {clock, until};
	struct stack_entry entry;

	settle_before_wait();
	if (!is_watched())
		return real_lock.sem_clockwait(sem, clock, until);
	entry = entry_here();
	return take(sem, &limit, &entry);
}

EXPORT int sem_trywait(sem_t *sem)
{
	if (!is_watched())
		return real_lock.sem_trywait(sem);
	return count_try(sem, real_lock.sem_trywait(sem));
}
