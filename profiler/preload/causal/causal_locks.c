/* Settles delays before each wake-up, and credits those of each wait. */
#include "preload/causal/causal_locks.h"

#include <errno.h>

#include "preload/causal/virtual_time.h"
#include "preload/lock/real_locks.h"

static struct real_locks own;

/*
 * A wait that ended by its deadline or by a signal was ended by no thread, so
 * the thread owes the delays of that time.
 */
static int credited(int error, uint64_t since_ns)
{
	if (error == 0 || error == EOWNERDEAD)
		virtual_time_credit(since_ns);
	return error;
}

static int lock_mutex(pthread_mutex_t *mutex)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.mutex_lock(mutex), since_ns);
}

static int lock_mutex_until(pthread_mutex_t *mutex, deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.mutex_timedlock(mutex, until), since_ns);
}

static int lock_mutex_until_on(pthread_mutex_t *mutex, clockid_t clock,
			       deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.mutex_clocklock(mutex, clock, until), since_ns);
}

static int unlock_mutex(pthread_mutex_t *mutex)
{
	virtual_time_settle();
	return own.mutex_unlock(mutex);
}

static int lock_to_read(pthread_rwlock_t *lock)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.rwlock_rdlock(lock), since_ns);
}

static int lock_to_write(pthread_rwlock_t *lock)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.rwlock_wrlock(lock), since_ns);
}

static int lock_to_read_until(pthread_rwlock_t *lock, deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.rwlock_timedrdlock(lock, until), since_ns);
}

static int lock_to_write_until(pthread_rwlock_t *lock, deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.rwlock_timedwrlock(lock, until), since_ns);
}

static int lock_to_read_until_on(pthread_rwlock_t *lock, clockid_t clock,
				 deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.rwlock_clockrdlock(lock, clock, until), since_ns);
}

static int lock_to_write_until_on(pthread_rwlock_t *lock, clockid_t clock,
				  deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.rwlock_clockwrlock(lock, clock, until), since_ns);
}

static int unlock_rwlock(pthread_rwlock_t *lock)
{
	virtual_time_settle();
	return own.rwlock_unlock(lock);
}

/* A wait for a condition releases its mutex, so it wakes a thread, too. */
static int wait_for_cond(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	uint64_t since_ns;

	virtual_time_settle();
	since_ns = virtual_time_inserted_ns();
	return credited(own.cond_wait(cond, mutex), since_ns);
}

static int wait_for_cond_until(pthread_cond_t *cond, pthread_mutex_t *mutex,
			       deadline until)
{
	uint64_t since_ns;

	virtual_time_settle();
	since_ns = virtual_time_inserted_ns();
	return credited(own.cond_timedwait(cond, mutex, until), since_ns);
}

static int wait_for_cond_until_on(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  clockid_t clock, deadline until)
{
	uint64_t since_ns;

	virtual_time_settle();
	since_ns = virtual_time_inserted_ns();
	return credited(own.cond_clockwait(cond, mutex, clock, until),
			since_ns);
}

static int signal_cond(pthread_cond_t *cond)
{
	virtual_time_settle();
	return own.cond_signal(cond);
}

static int broadcast_cond(pthread_cond_t *cond)
{
	virtual_time_settle();
	return own.cond_broadcast(cond);
}

static int wait_for_sem(sem_t *sem)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.sem_wait(sem), since_ns);
}

static int wait_for_sem_until(sem_t *sem, deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.sem_timedwait(sem, until), since_ns);
}

static int wait_for_sem_until_on(sem_t *sem, clockid_t clock, deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.sem_clockwait(sem, clock, until), since_ns);
}

static int post_sem(sem_t *sem)
{
	virtual_time_settle();
	return own.sem_post(sem);
}

static int join_thread(pthread_t thread, void **value)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.join(thread, value), since_ns);
}

static int join_thread_until(pthread_t thread, void **value, deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.timedjoin(thread, value, until), since_ns);
}

static int join_thread_until_on(pthread_t thread, void **value, clockid_t clock,
				deadline until)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	return credited(own.clockjoin(thread, value, clock, until), since_ns);
}

/* The last thread wakes the others, and none knows whether it is the last. */
static int wait_at_barrier(pthread_barrier_t *barrier)
{
	uint64_t since_ns;
	int error;

	virtual_time_settle();
	since_ns = virtual_time_inserted_ns();
	error = own.barrier_wait(barrier);
	if (error == PTHREAD_BARRIER_SERIAL_THREAD)
		virtual_time_credit(since_ns);
	return credited(error, since_ns);
}

static void take_over_mutexes(struct real_locks *locks)
{
	locks->mutex_lock = lock_mutex;
	locks->mutex_timedlock = lock_mutex_until;
	locks->mutex_clocklock = lock_mutex_until_on;
	locks->mutex_unlock = unlock_mutex;
}

static void take_over_rwlocks(struct real_locks *locks)
{
	locks->rwlock_rdlock = lock_to_read;
	locks->rwlock_wrlock = lock_to_write;
	locks->rwlock_timedrdlock = lock_to_read_until;
	locks->rwlock_timedwrlock = lock_to_write_until;
	locks->rwlock_clockrdlock = lock_to_read_until_on;
	locks->rwlock_clockwrlock = lock_to_write_until_on;
	locks->rwlock_unlock = unlock_rwlock;
}

static void take_over_waits(struct real_locks *locks)
{
	locks->cond_wait = wait_for_cond;
	locks->cond_timedwait = wait_for_cond_until;
	locks->cond_clockwait = wait_for_cond_until_on;
	locks->sem_wait = wait_for_sem;
	locks->sem_timedwait = wait_for_sem_until;
	locks->sem_clockwait = wait_for_sem_until_on;
	locks->join = join_thread;
	locks->timedjoin = join_thread_until;
	locks->clockjoin = join_thread_until_on;
	locks->barrier_wait = wait_at_barrier;
}

static void take_over_wake_ups(struct real_locks *locks)
{
	locks->cond_signal = signal_cond;
	locks->cond_broadcast = broadcast_cond;
	locks->sem_post = post_sem;
}

void causal_locks_take_over(struct real_locks *locks)
{
	own = *locks;
	take_over_mutexes(locks);
	take_over_rwlocks(locks);
	take_over_waits(locks);
	take_over_wake_ups(locks);
}
