/*
 * Interposes the locks of C11. In the C library they are the locks of POSIX
 * under other names, but its functions call each other directly, so the hooks
 * of POSIX do not see these calls.
 */
#include "preload/lock/lock_wait.h"
#include "preload/lock/watched_locks.h"
#include <errno.h>
#include <stdint.h>
#include <threads.h>

#define EXPORT __attribute__((visibility("default")))

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) &&
		       sizeof(cnd_t) == sizeof(pthread_cond_t),
	       "a lock of C11 is the same object as one of POSIX");

static int as_c11(int error)
{
	switch (error) {
	case 0:
		return thrd_success;
	case ETIMEDOUT:
		return thrd_timedout;
	case EBUSY:
		return thrd_busy;
	case ENOMEM:
		return thrd_nomem;
	default:
		return thrd_error;
	}
}

static pthread_mutex_t *mutex_of(mtx_t *mutex)
{
	return (void *)mutex;
}

EXPORT int mtx_lock(mtx_t *mutex)
{
	struct stack_entry entry = entry_here();

	return as_c11(is_watched() ? watched_mutex_lock(mutex_of(mutex), &entry)
				   : real_lock.mutex_lock(mutex_of(mutex)));
}

EXPORT int mtx_trylock(mtx_t *mutex)
{
	return as_c11(pthread_mutex_trylock(mutex_of(mutex)));
}

EXPORT int mtx_timedlock(mtx_t *restrict mutex, deadline restrict until)
{
	struct stack_entry entry = entry_here();
	struct limit limit = {-1, until};

	return as_c11(is_watched() ? watched_mutex_lock_until(mutex_of(mutex),
							      &limit, &entry)
				   : real_lock.mutex_timedlock(mutex_of(mutex),
							       until));
}

EXPORT int mtx_unlock(mtx_t *mutex)
{
	struct stack_entry entry = entry_here();

	if (is_watched() && atomic_load(&lock_busy_count))
		watched_mutex_release(mutex_of(mutex), &entry);
	return as_c11(real_lock.mutex_unlock(mutex_of(mutex)));
}

EXPORT int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
	struct stack_entry entry = entry_here();
	pthread_cond_t *awaited = (void *)cond;

	settle_before_wait();
	return as_c11(is_watched()
			      ? watched_cond_wait(awaited, mutex_of(mutex),
						  NULL, &entry)
			      : real_lock.cond_wait(awaited, mutex_of(mutex)));
}

EXPORT int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
			 deadline restrict until)
{
	struct stack_entry entry = entry_here();
	pthread_cond_t *awaited = (void *)cond;
	struct limit limit = {-1, until};

	settle_before_wait();
	return as_c11(is_watched() ? watched_cond_wait(awaited, mutex_of(mutex),
						       &limit, &entry)
				   : real_lock.cond_timedwait(
					     awaited, mutex_of(mutex), until));
}

EXPORT int thrd_join(thrd_t thread, int *result)
{
	struct stack_entry entry = entry_here();
	void *value = NULL;
	int error;

	settle_before_wait();
	error = is_watched() ? watched_join(thread, &value, &entry)
			     : real_lock.join(thread, &value);

	if (!error && result)
		*result = (int)(intptr_t)value;
	return as_c11(error);
}
