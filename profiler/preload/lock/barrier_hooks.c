/* Interposes barriers, at which all threads but the last one wait. */
#include "preload/lock/lock_wait.h"
#include "preload/lock/watched_locks.h"

#define EXPORT __attribute__((visibility("default")))

/*
 * Only the return value tells that a thread was the one that need not wait, so
 * every thread begins a wait.
 */
static int wait_for_all(pthread_barrier_t *barrier,
			const struct stack_entry *entry)
{
	struct wait wait;
	int error;

	wait_begin(&wait, barrier, LOCK_BARRIER, entry, WAIT_TIMED);
	error = real_lock.barrier_wait(barrier);
	wait_end(&wait, error ? WAIT_BROKEN : WAIT_GOT);
	if (!error || error == PTHREAD_BARRIER_SERIAL_THREAD)
		lock_count_shared(wait.lock);
	return error;
}

EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	struct stack_entry entry;

	settle_before_wait();
	if (!is_watched())
		return real_lock.barrier_wait(barrier);
	entry = entry_here();
	return wait_for_all(barrier, &entry);
}
