/*
 * Interposes mutexes and condition variables of POSIX. A hook first tries to
 * lock: if it need not wait, it only looks the lock up and counts, and reads no
 * clock.
 *
 * Only calls through the dynamic linker are seen: not locks inside the C
 * library, nor locks that a program builds on futexes.
 */
#include "preload/alloc/alloc_track.h"
#include "preload/causal/causal_locks.h"
#include "preload/causal/causal_sampler.h"
#include "preload/lock/deadlock.h"
#include "preload/lock/lock_hooks.h"
#include "preload/lock/lock_wait.h"
#include "preload/lock/real_locks.h"
#include "preload/lock/watched_locks.h"
#include "preload/thread_counts.h"
#include <errno.h>
#include <pthread.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

void lock_hooks_open(void)
{
	real_locks_find();
	if (causal_is_wanted())
		causal_locks_take_over(&real_lock);
}

static bool is_acquired(int error)
{
	return error == 0 || error == EOWNERDEAD;
}

/*
 * The wait is cut into slices, so that a thread that waits in vain can look for
 * a deadlock.
 */
static int wait_for_mutex(pthread_mutex_t *mutex, const struct wait *wait)
{
	uint64_t circle = 0;

	for (;;) {
		struct timespec until = deadlock_next_look();
		int error = real_lock.mutex_clocklock(mutex, CLOCK_MONOTONIC,
						      &until);

		/*
		 * Before Linux 5.14, a mutex that inherits priorities has no
		 * wait with a deadline on this clock.
		 */
		if (error == EINVAL)
			return real_lock.mutex_lock(mutex);
		if (error != ETIMEDOUT)
			return error;
		deadlock_look_again(wait->thread, &circle);
	}
}

static enum wait_outcome outcome_of(int error)
{
	return wait_outcome_of(error == EOWNERDEAD ? 0 : error, WAIT_HELD);
}

__attribute__((noinline)) static int
contend_mutex(pthread_mutex_t *mutex, const struct stack_entry *entry)
{
	struct wait wait;
	int error;

	wait_begin(&wait, mutex, LOCK_MUTEX, entry, WAIT_FOREVER);
	error = wait_for_mutex(mutex, &wait);
	wait_end(&wait, outcome_of(error));
	if (is_acquired(error))
		lock_count_held(wait.lock);
	return error;
}

static inline int count_try(pthread_mutex_t *mutex, int error)
{
	/* Only the holder writes the count, so it need not be atomic. */
	if (__builtin_expect(is_acquired(error), 1))
		lock_count_held(lock_find(mutex, LOCK_MUTEX));
	return error;
}

int watched_mutex_lock(pthread_mutex_t *mutex, const struct stack_entry *entry)
{
	int error = real_lock.mutex_trylock(mutex);

	return error == EBUSY ? contend_mutex(mutex, entry)
			      : count_try(mutex, error);
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct stack_entry entry;
	int error;

	if (!is_watched())
		return real_lock.mutex_lock(mutex);
	error = real_lock.mutex_trylock(mutex);
	if (__builtin_expect(error == EBUSY, 0)) {
		entry = entry_here();
		return contend_mutex(mutex, &entry);
	}
	return count_try(mutex, error);
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	if (!is_watched())
		return real_lock.mutex_trylock(mutex);
	return count_try(mutex, real_lock.mutex_trylock(mutex));
}

static int wait_until(pthread_mutex_t *mutex, const struct limit *limit)
{
	return limit->clock < 0 ? real_lock.mutex_timedlock(mutex, limit->until)
				: real_lock.mutex_clocklock(mutex, limit->clock,
							    limit->until);
}

/*
 * A wait with a deadline ends by itself, so it is no part of a deadlock; but it
 * is counted as a wait.
 */
int watched_mutex_lock_until(pthread_mutex_t *mutex, const struct limit *limit,
			     const struct stack_entry *entry)
{
	int error = real_lock.mutex_trylock(mutex);
	struct wait wait;

	if (error != EBUSY)
		return count_try(mutex, error);
	wait_begin(&wait, mutex, LOCK_MUTEX, entry, WAIT_TIMED);
	error = wait_until(mutex, limit);
	wait_end(&wait, outcome_of(error));
	if (is_acquired(error))
		lock_count_held(wait.lock);
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

/* glibc keeps the kind of a mutex in these bits. */
#define MUTEX_KIND_MASK 3

/*
 * Whether an unlock by the calling thread releases the mutex. A recursive mutex
 * is released only by the last unlock; a recursive or error-checking mutex only
 * by its owner.
 */
static bool is_release(const pthread_mutex_t *mutex)
{
	int kind = mutex->__data.__kind & MUTEX_KIND_MASK;

	if (kind != PTHREAD_MUTEX_RECURSIVE_NP &&
	    kind != PTHREAD_MUTEX_ERRORCHECK_NP)
		return true;
	return (uint32_t)mutex->__data.__owner == thread_self()->tid &&
	       (kind != PTHREAD_MUTEX_RECURSIVE_NP ||
		mutex->__data.__count <= 1);
}

void watched_mutex_release(const pthread_mutex_t *mutex,
			   const struct stack_entry *entry)
{
	struct lock_block *lock = lock_find_known(mutex, LOCK_MUTEX);

	if (lock && lock_wants_release(lock) && is_release(mutex))
		wait_released(lock, entry);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	/*
	 * There is no need to ask is_watched(): while locks are not recorded,
	 * none is marked as busy.
	 */
	if (__builtin_expect(!real_lock.mutex_unlock, 0))
		real_locks_find();
	if (__builtin_expect(is_any_lock_busy(), 0)) {
		struct stack_entry entry = entry_here();

		watched_mutex_release(mutex, &entry);
	}
	return real_lock.mutex_unlock(mutex);
}

/* While a thread waits for a condition, it does not hold the mutex. */
static void begin_cond(struct wait *wait, pthread_cond_t *cond,
		       pthread_mutex_t *mutex, const struct stack_entry *entry)
{
	watched_mutex_release(mutex, entry);
	wait_begin(wait, cond, LOCK_COND, entry, WAIT_TIMED);
}

void watched_abandon_wait(void *abandoned)
{
	wait_end(abandoned, WAIT_BROKEN);
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
	pthread_cleanup_push(watched_abandon_wait, &wait);
	error = block_on_cond(cond, mutex, limit);
	pthread_cleanup_pop(0);
	wait_end(&wait, wait_outcome_of(error, WAIT_GOT));
	if (error == 0)
		lock_count_shared(wait.lock);
	return error;
}

EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct stack_entry entry;

	settle_before_wait();
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

	settle_before_wait();
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

	settle_before_wait();
	if (!is_watched())
		return real_lock.cond_clockwait(cond, mutex, clock, until);
	entry = entry_here();
	return watched_cond_wait(cond, mutex, &limit, &entry);
}
