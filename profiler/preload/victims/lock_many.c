/*
 * lock_many: acquires each of 200 000 locks once, which is more than the table
 * of locks has room for. Then a thread waits 300 ms for the last of them.
 * Prints the number of acquisitions.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOCKS 200000

static pthread_mutex_t *locks;

static void *want_last(void *unused)
{
	pthread_mutex_lock(&locks[LOCKS - 1]);
	pthread_mutex_unlock(&locks[LOCKS - 1]);
	return unused;
}

int main(void)
{
	pthread_t thread;

	locks = calloc(LOCKS, sizeof(*locks));
	for (int i = 0; locks && i < LOCKS; i++) {
		pthread_mutex_lock(&locks[i]);
		pthread_mutex_unlock(&locks[i]);
	}
	pthread_mutex_lock(&locks[LOCKS - 1]);
	if (pthread_create(&thread, NULL, want_last, NULL))
		return 2;
	nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
	pthread_mutex_unlock(&locks[LOCKS - 1]);
	pthread_join(thread, NULL);
	printf("%d\n", LOCKS + 2);
	return 0;
}
