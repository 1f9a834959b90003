/*
 * Interposes the read-write locks. Several readers can have the lock at once,
 * so their acquisitions are counted by atomic operations, and how long a reader
 * holds the lock is not measured.
 */
#include "preload/lock/deadlock.h"
#include "preload/lock/lock_wait.h"
#include "preload/lock/real_locks.h"
#include "preload/thread_counts.h"
#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

/* Whether the caller wants to read or to write, and how long it waits. */
struct asking {
	pthread_rwlock_t *rwlock;
	bool writes;
	enum { FOREVER, UNTIL, UNTIL_ON_CLOCK } limit;
	clockid_t clock;
	deadline until;
};

static int try(const struct asking *ask)
{
	return ask->writes ? real_lock.rwlock_trywrlock(ask->rwlock)
			   : real_lock.rwlock_tryrdlock(ask->rwlock);
}

static int block_forever(const struct asking *ask)
{
	return ask->writes ? real_lock.rwlock_wrlock(ask->rwlock)
			   : real_lock.rwlock_rdlock(ask->rwlock);
}

static int block_until(const struct asking *ask)
{
	if (ask->limit == UNTIL)
		return ask->writes ? real_lock.rwlock_timedwrlock(ask->rwlock,
								  ask->until)
				   : real_lock.rwlock_timedrdlock(ask->rwlock,
								  ask->until);
	return ask->writes
		       ? real_lock.rwlock_clockwrlock(ask->rwlock, ask->clock,
						      ask->until)
		       : real_lock.rwlock_clockrdlock(ask->rwlock, ask->clock,
						      ask->until);
}

static int block(const struct asking *ask)
{
	return ask->limit == FOREVER ? block_forever(ask) : block_until(ask);
}

/*
 * The wait is cut into slices, so that a writer that waits in vain can look for
 * a deadlock.
 */
static int wait_to_write(const struct asking *ask, const struct wait *wait)
{
	uint64_t circle = 0;

	for (;;) {
		struct timespec until = deadlock_next_look();
		int error = real_lock.rwlock_clockwrlock(
			ask->rwlock, CLOCK_MONOTONIC, &until);

		if (error != ETIMEDOUT)
			return error;
		deadlock_look_again(wait->thread, &circle);
	}
}

static int wait_for(const struct asking *ask, const struct stack_entry *entry)
{
	bool is_timed = ask->limit != FOREVER;
	struct wait wait;
	int error;

	wait_begin(&wait, ask->rwlock, LOCK_RWLOCK, entry,
		   is_timed ? WAIT_TIMED : WAIT_FOREVER);
	error = ask->writes && !is_timed ? wait_to_write(ask, &wait)
					 : block(ask);
	wait_end(&wait,
		 wait_outcome_of(error, ask->writes ? WAIT_HELD : WAIT_GOT));
	if (error == 0)
		lock_count_shared(wait.lock);
	return error;
}

static int count_try(pthread_rwlock_t *rwlock, int error)
{
	if (error == 0)
		lock_count_shared(lock_find(rwlock, LOCK_RWLOCK));
	return error;
}

static int acquire(const struct asking *ask, const struct stack_entry *entry)
{
	int error = try(ask);

	return error == EBUSY ? wait_for(ask, entry)
			      : count_try(ask->rwlock, error);
}

/*
 * The part that these hooks share. It is inlined, so that the innermost frame
 * is the hook's own.
 */
__attribute__((always_inline)) static inline int
ask_for(const struct asking *ask)
{
	struct stack_entry entry;

	if (!is_watched())
		return block(ask);
	entry = entry_here();
	return acquire(ask, &entry);
}

EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *rwlock)
{
	return ask_for(&(struct asking){.rwlock = rwlock});
}

EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *rwlock)
{
	return ask_for(&(struct asking){.rwlock = rwlock, .writes = true});
}

EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict rwlock,
				      deadline restrict until)
{
	return ask_for(&(struct asking){
		.rwlock = rwlock, .limit = UNTIL, .until = until});
}

EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict rwlock,
				      deadline restrict until)
{
	return ask_for(&(struct asking){.rwlock = rwlock,
					.writes = true,
					.limit = UNTIL,
					.until = until});
}

EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict rwlock,
				      clockid_t clock, deadline restrict until)
{
	return ask_for(&(struct asking){.rwlock = rwlock,
					.limit = UNTIL_ON_CLOCK,
					.clock = clock,
					.until = until});
}

EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict rwlock,
				      clockid_t clock, deadline restrict until)
{
	return ask_for(&(struct asking){.rwlock = rwlock,
					.writes = true,
					.limit = UNTIL_ON_CLOCK,
					.clock = clock,
					.until = until});
}

EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *rwlock)
{
	if (!is_watched())
		return real_lock.rwlock_tryrdlock(rwlock);
	return count_try(rwlock, real_lock.rwlock_tryrdlock(rwlock));
}

EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *rwlock)
{
	if (!is_watched())
		return real_lock.rwlock_trywrlock(rwlock);
	return count_try(rwlock, real_lock.rwlock_trywrlock(rwlock));
}

static bool is_writer(const pthread_rwlock_t *rwlock,
		      const struct thread_block *self)
{
	return (uint32_t)rwlock->__data.__cur_writer == self->tid;
}

EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *rwlock)
{
	struct stack_entry entry;
	struct lock_block *lock;

	if (!is_watched())
		return real_lock.rwlock_unlock(rwlock);
	lock = lock_find_known(rwlock, LOCK_RWLOCK);
	if (lock && lock_wants_release(lock) &&
	    is_writer(rwlock, thread_self())) {
		entry = entry_here();
		wait_released(lock, &entry);
	}
	return real_lock.rwlock_unlock(rwlock);
}
