/*
 * lock_timed: waits for locks with deadlines, and for a lock of C11. One thread
 * holds each lock while another waits for it, 30 ms for `expired` and about
 * 60 ms for each of the others. Then two threads wait in a circle, but one of
 * them with a deadline, so that this is not a deadlock. Prints "done".
 */
#include <pthread.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>

#include "deadlines.h"

static pthread_mutex_t timed = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t clocked = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t expired = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t readers = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t writers = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static mtx_t eleven;
static pthread_barrier_t gate;

static void *wait_for_each(void *unused)
{
	struct timespec real = in_ms(CLOCK_REALTIME, 60000);
	struct timespec steady = in_ms(CLOCK_MONOTONIC, 60000);
	struct timespec soon = in_ms(CLOCK_REALTIME, 30);

	pthread_mutex_timedlock(&expired, &soon); /* the deadline comes first */
	pthread_barrier_wait(&gate);
	pthread_mutex_timedlock(&timed, &real);
	pthread_mutex_unlock(&timed);
	pthread_barrier_wait(&gate);
	pthread_mutex_clocklock(&clocked, CLOCK_MONOTONIC, &steady);
	pthread_mutex_unlock(&clocked);
	pthread_barrier_wait(&gate);
	pthread_rwlock_timedrdlock(&readers, &real);
	pthread_rwlock_unlock(&readers);
	pthread_barrier_wait(&gate);
	pthread_rwlock_clockwrlock(&writers, CLOCK_MONOTONIC, &steady);
	pthread_rwlock_unlock(&writers);
	pthread_barrier_wait(&gate);
	mtx_lock(&eleven);
	mtx_unlock(&eleven);
	return unused;
}

static void keep_each(void)
{
	pthread_barrier_wait(&gate);
	sleep_ms(60);
	pthread_mutex_unlock(&timed);
	pthread_barrier_wait(&gate);
	sleep_ms(60);
	pthread_mutex_unlock(&clocked);
	pthread_barrier_wait(&gate);
	sleep_ms(60);
	pthread_rwlock_unlock(&readers);
	pthread_barrier_wait(&gate);
	sleep_ms(60);
	pthread_rwlock_unlock(&writers);
	pthread_barrier_wait(&gate);
	sleep_ms(60);
	mtx_unlock(&eleven);
}

static void *close_circle(void *unused)
{
	struct timespec soon;

	pthread_mutex_lock(&right);
	pthread_barrier_wait(&gate);
	soon = in_ms(CLOCK_REALTIME, 900);
	if (!pthread_mutex_timedlock(&left, &soon))
		pthread_mutex_unlock(&left);
	pthread_mutex_unlock(&right);
	return unused;
}

int main(void)
{
	pthread_t thread;

	mtx_init(&eleven, mtx_plain);
	pthread_barrier_init(&gate, NULL, 2);
	pthread_mutex_lock(&expired);
	pthread_mutex_lock(&timed);
	pthread_mutex_lock(&clocked);
	pthread_rwlock_wrlock(&readers);
	pthread_rwlock_wrlock(&writers);
	mtx_lock(&eleven);
	if (pthread_create(&thread, NULL, wait_for_each, NULL))
		return 2;
	keep_each();
	pthread_join(thread, NULL);
	if (pthread_create(&thread, NULL, close_circle, NULL))
		return 2;
	pthread_mutex_lock(&left);
	pthread_barrier_wait(&gate);
	pthread_mutex_lock(&right); /* the other thread's deadline comes */
	pthread_join(thread, NULL);
	puts("done");
	return 0;
}
