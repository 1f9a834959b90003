/*
 * The waiting functions of POSIX threads, interposed. Each tries first: what
 * it gets without waiting costs a table look-up and a count, no clock.
 *
 * Only calls through the dynamic linker come here: locks inside the C
 * library, and those that a program builds on futexes, are not seen.
 */
#include "preload/alloc/alloc_track.h"
#include "preload/lock/deadlock.h"
#include "preload/lock/lock_hooks.h"
#include "preload/lock/lock_wait.h"
#include "preload/lock/real_locks.h"
#include "preload/lock/watched_locks.h"
#include "preload/thread_counts.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

void lock_hooks_open(void)
{
	real_locks_find();
}

static bool is_acquired(int error)
{
	return error == 0 || error == EOWNERDEAD;
}

/* In slices, so that a waiter finds out when it waits in vain. */
static int wait_for_mutex(pthread_mutex_t *mutex, const struct wait *wait)
{
	uint64_t circle = 0;

	for (;;) {
		struct timespec until = deadlock_next_look();
		int error = real_lock.mutex_clocklock(mutex, CLOCK_MONOTONIC,
						      &until);

		/* Kernels that cannot time this kind of mutex so. */
		if (error == EINVAL)
			return real_lock.mutex_lock(mutex);
		if (error != ETIMEDOUT)
			return error;
		deadlock_look_again(wait->thread, &circle);
	}
}

__attribute__((noinline)) static int
contend_mutex(pthread_mutex_t *mutex, struct lock_block *lock,
	      const struct stack_entry *entry)
{
	struct wait wait;
	int error;

	if (!lock)
		return real_lock.mutex_lock(mutex);
	wait_begin(&wait, lock, entry, WAIT_FOR_GOOD);
	error = wait_for_mutex(mutex, &wait);
	wait_end(&wait, is_acquired(error), true);
	lock->acquisitions_count += is_acquired(error);
	return error;
}

int watched_mutex_lock(pthread_mutex_t *mutex, const struct stack_entry *entry)
{
	int error = real_lock.mutex_trylock(mutex);
	struct lock_block *lock = lock_find(mutex, LOCK_MUTEX);

	if (error == EBUSY)
		return contend_mutex(mutex, lock, entry);
	if (lock && is_acquired(error))
		lock->acquisitions_count++;
	return error;
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct lock_block *lock;
	struct stack_entry entry;
	int error;

	if (!is_watched())
		return real_lock.mutex_lock(mutex);
	error = real_lock.mutex_trylock(mutex);
	lock = lock_find(mutex, LOCK_MUTEX);
	if (__builtin_expect(error == EBUSY, 0)) {
		entry = entry_here();
		return contend_mutex(mutex, lock, &entry);
	}
	if (lock && is_acquired(error))
		lock->acquisitions_count++; /* ours alone while we hold it */
	return error;
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	struct lock_block *lock;
	int error;

	if (!is_watched())
		return real_lock.mutex_trylock(mutex);
	error = real_lock.mutex_trylock(mutex);
	lock = lock_find(mutex, LOCK_MUTEX);
	if (lock && is_acquired(error))
		lock->acquisitions_count++;
	return error;
}

static int wait_until(pthread_mutex_t *mutex, const struct limit *limit)
{
	return limit->clock < 0 ? real_lock.mutex_timedlock(mutex, limit->until)
				: real_lock.mutex_clocklock(mutex, limit->clock,
							    limit->until);
}

/* A wait that ends by itself holds nobody up for good, and is one anyway. */
int watched_mutex_lock_until(pthread_mutex_t *mutex, const struct limit *limit,
			     const struct stack_entry *entry)
{
	struct lock_block *lock = lock_find(mutex, LOCK_MUTEX);
	int error = real_lock.mutex_trylock(mutex);
	struct wait wait;

	if (error == EBUSY && !lock)
		return wait_until(mutex, limit);
	if (error == EBUSY) {
		wait_begin(&wait, lock, entry, WAIT_TIMED);
		error = wait_until(mutex, limit);
		wait_end(&wait, is_acquired(error) || error == ETIMEDOUT,
			 is_acquired(error));
	}
	if (lock && is_acquired(error))
		lock->acquisitions_count++;
	return error;
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, deadline until)
{
	struct limit limit = {-1, until};
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.mutex_timedlock(mutex, until);
	entry = entry_here();
	return watched_mutex_lock_until(mutex, &limit, &entry);
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
				   deadline until)
{
	struct limit limit = {clock, until};
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.mutex_clocklock(mutex, clock, until);
	entry = entry_here();
	return watched_mutex_lock_until(mutex, &limit, &entry);
}

static inline bool is_any_lock_busy(void)
{
	return atomic_load_explicit(&lock_busy_count, memory_order_relaxed);
}

void watched_mutex_release(const pthread_mutex_t *mutex,
			   const struct stack_entry *entry)
{
	struct lock_block *lock = lock_find(mutex, LOCK_MUTEX);

	if (lock && lock_wants_release(lock))
		wait_released(lock, entry);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	/* Not is_watched(): nothing is busy where nobody watches. */
	if (__builtin_expect(!real_lock.mutex_unlock, 0))
		real_locks_find();
	if (__builtin_expect(is_any_lock_busy(), 0)) {
		struct stack_entry entry = entry_here();

		watched_mutex_release(mutex, &entry);
	}
	return real_lock.mutex_unlock(mutex);
}

/* Waiting for a condition gives the mutex back meanwhile. */
static void begin_cond(struct wait *wait, pthread_cond_t *cond,
		       pthread_mutex_t *mutex, const struct stack_entry *entry)
{
	struct lock_block *held = lock_find(mutex, LOCK_MUTEX);
	struct lock_block *awaited = lock_find(cond, LOCK_COND);

	if (held && lock_wants_release(held))
		wait_released(held, entry);
	*wait = (struct wait){0};
	if (awaited)
		wait_begin(wait, awaited, entry, WAIT_FOR_GOOD);
}

/*
 * A thread that is cancelled in its wait, or ends in a handler there: what it
 * waited for must not look awaited for good.
 */
static void abandon_wait(void *abandoned)
{
	struct wait *wait = abandoned;

	if (wait->lock)
		wait_end(wait, false, false);
}

static int block_on_cond(pthread_cond_t *cond, pthread_mutex_t *mutex,
			 const struct limit *limit)
{
	if (!limit)
		return real_lock.cond_wait(cond, mutex);
	return limit->clock < 0
		       ? real_lock.cond_timedwait(cond, mutex, limit->until)
		       : real_lock.cond_clockwait(cond, mutex, limit->clock,
						  limit->until);
}

int watched_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
		      const struct limit *limit,
		      const struct stack_entry *entry)
{
	struct wait wait;
	int error;

	begin_cond(&wait, cond, mutex, entry);
	pthread_cleanup_push(abandon_wait, &wait);
	error = block_on_cond(cond, mutex, limit);
	pthread_cleanup_pop(0);
	if (!wait.lock)
		return error;
	/* Not counted per wait: a condition is not acquired. */
	wait_end(&wait, error == 0 || error == ETIMEDOUT, false);
	if (error == 0)
		__atomic_fetch_add(&wait.lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}

EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.cond_wait(cond, mutex);
	entry = entry_here();
	return watched_cond_wait(cond, mutex, NULL, &entry);
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  deadline until)
{
	struct limit limit = {-1, until};
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.cond_timedwait(cond, mutex, until);
	entry = entry_here();
	return watched_cond_wait(cond, mutex, &limit, &entry);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  clockid_t clock, deadline until)
{
	struct limit limit = {clock, until};
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.cond_clockwait(cond, mutex, clock, until);
	entry = entry_here();
	return watched_cond_wait(cond, mutex, &limit, &entry);
}

static int block_on_sem(sem_t *sem, deadline until, struct wait *wait)
{
	int error;

	pthread_cleanup_push(abandon_wait, wait);
	error = until ? real_lock.sem_timedwait(sem, until)
		      : real_lock.sem_wait(sem);
	pthread_cleanup_pop(0);
	return error;
}

static int wait_for_sem(sem_t *sem, deadline until,
			const struct stack_entry *entry)
{
	struct lock_block *lock = lock_find(sem, LOCK_SEM);
	struct wait wait = {0};
	int error = real_lock.sem_trywait(sem);

	if (error && errno == EAGAIN) {
		if (lock)
			wait_begin(&wait, lock, entry, WAIT_FOR_GOOD);
		error = block_on_sem(sem, until, &wait);
		if (lock)
			wait_end(&wait, error == 0 || errno == ETIMEDOUT,
				 false);
	}
	if (lock && error == 0)
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}

EXPORT int sem_wait(sem_t *sem)
{
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.sem_wait(sem);
	entry = entry_here();
	return wait_for_sem(sem, NULL, &entry);
}

EXPORT int sem_timedwait(sem_t *restrict sem, deadline restrict until)
{
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.sem_timedwait(sem, until);
	entry = entry_here();
	return wait_for_sem(sem, until, &entry);
}

static int block_on_thread(pthread_t thread, void **result, struct wait *wait)
{
	int error;

	pthread_cleanup_push(abandon_wait, wait);
	error = real_lock.join(thread, result);
	pthread_cleanup_pop(0);
	return error;
}

int watched_join(pthread_t thread, void **result,
		 const struct stack_entry *entry)
{
	struct lock_block *lock = lock_find((const void *)thread, LOCK_JOIN);
	int error = real_lock.tryjoin(thread, result);
	struct wait wait;

	if (error == EBUSY && !lock)
		return real_lock.join(thread, result);
	if (error == EBUSY) {
		wait_begin(&wait, lock, entry, WAIT_FOR_GOOD);
		error = block_on_thread(thread, result, &wait);
		wait_end(&wait, error == 0, false);
	}
	if (lock && error == 0)
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}

EXPORT int pthread_join(pthread_t thread, void **result)
{
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.join(thread, result);
	entry = entry_here();
	return watched_join(thread, result, &entry);
}
