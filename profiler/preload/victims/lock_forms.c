/*
 * lock_forms: waits in the ways that no other victim uses: for semaphores, at
 * a barrier and for the ends of threads, for a recursive mutex that its holder
 * has locked twice, and for a semaphore at the address of a destroyed mutex. A
 * wait ends when another thread acts 60 ms later, or by a deadline after at
 * most 30 ms. Prints "done".
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "deadlines.h"

static sem_t clocked_sem, tried_sem, expired_sem;
static pthread_rwlock_t tried_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_mutex_t recursive;
static union {
	pthread_mutex_t mutex;
	sem_t sem;
} place;

static void check(int is_right)
{
	if (!is_right)
		exit(2);
}

static pthread_t start(void *(*function)(void *), void *argument)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, function, argument));
	return thread;
}

static void *post_later(void *sem)
{
	sleep_ms(60);
	sem_post(sem);
	return NULL;
}

static void *end_later(void *unused)
{
	sleep_ms(60);
	return unused;
}

static void use_semaphores(void)
{
	struct timespec late = in_ms(CLOCK_MONOTONIC, 60000);
	struct timespec soon;
	pthread_t poster = start(post_later, &clocked_sem);

	check(!sem_clockwait(&clocked_sem, CLOCK_MONOTONIC, &late));
	pthread_join(poster, NULL);
	check(sem_trywait(&tried_sem) == -1 && errno == EAGAIN);
	sem_post(&tried_sem);
	check(!sem_trywait(&tried_sem));
	soon = in_ms(CLOCK_MONOTONIC, 30);
	check(sem_clockwait(&expired_sem, CLOCK_MONOTONIC, &soon) == -1 &&
	      errno == ETIMEDOUT);
}

static void use_rwlock(void)
{
	check(!pthread_rwlock_trywrlock(&tried_rwlock));
	check(pthread_rwlock_tryrdlock(&tried_rwlock) == EBUSY);
	pthread_rwlock_unlock(&tried_rwlock);
	check(!pthread_rwlock_tryrdlock(&tried_rwlock));
	pthread_rwlock_unlock(&tried_rwlock);
}

/* Two attempts fail; then each thread is joined, by one of two clocks. */
static void join_threads(void)
{
	pthread_t first = start(end_later, NULL);
	pthread_t second = start(end_later, NULL);
	struct timespec soon = in_ms(CLOCK_REALTIME, 1);
	struct timespec late = in_ms(CLOCK_REALTIME, 60000);
	struct timespec steady = in_ms(CLOCK_MONOTONIC, 60000);

	check(pthread_tryjoin_np(first, NULL) == EBUSY);
	check(pthread_timedjoin_np(first, NULL, &soon) == ETIMEDOUT);
	check(!pthread_timedjoin_np(first, NULL, &late));
	check(!pthread_clockjoin_np(second, NULL, CLOCK_MONOTONIC, &steady));
}

static void *come_to_barrier(void *unused)
{
	pthread_barrier_wait(&barrier);
	return unused;
}

static void use_barrier(void)
{
	pthread_t other;

	pthread_barrier_init(&barrier, NULL, 2);
	other = start(come_to_barrier, NULL);
	sleep_ms(60);
	pthread_barrier_wait(&barrier);
	pthread_join(other, NULL);
}

static void *hold_twice(void *unused)
{
	pthread_mutex_lock(&recursive);
	pthread_mutex_lock(&recursive);
	pthread_mutex_unlock(&recursive);
	sleep_ms(60);
	pthread_mutex_unlock(&recursive);
	return unused;
}

static void use_recursive(void)
{
	pthread_mutexattr_t attributes;
	pthread_t other;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&recursive, &attributes);
	pthread_mutex_lock(&recursive);
	other = start(hold_twice, NULL);
	sleep_ms(60);
	pthread_mutex_unlock(&recursive);
	pthread_join(other, NULL);
}

static void *lock_place(void *unused)
{
	pthread_mutex_lock(&place.mutex);
	pthread_mutex_unlock(&place.mutex);
	return unused;
}

static void use_place_twice(void)
{
	pthread_t other;

	pthread_mutex_init(&place.mutex, NULL);
	pthread_mutex_lock(&place.mutex);
	other = start(lock_place, NULL);
	sleep_ms(60);
	pthread_mutex_unlock(&place.mutex);
	pthread_join(other, NULL);
	pthread_mutex_destroy(&place.mutex);

	sem_init(&place.sem, 0, 0);
	other = start(post_later, &place.sem);
	sem_wait(&place.sem);
	pthread_join(other, NULL);
	sem_destroy(&place.sem);
}

int main(void)
{
	sem_init(&clocked_sem, 0, 0);
	sem_init(&tried_sem, 0, 0);
	sem_init(&expired_sem, 0, 0);
	use_semaphores();
	use_rwlock();
	join_threads();
	use_barrier();
	use_recursive();
	use_place_twice();
	puts("done");
	return 0;
}
