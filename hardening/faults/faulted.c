/*
 * Uses CPU time, allocates and waits for a lock in two threads, so that every
 * instrument has something to record: faulted MILLISECONDS.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double end_s;
static volatile unsigned long burnt;
static void *volatile kept;

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *work(void *unused)
{
	while (now_s() < end_s) {
		pthread_mutex_lock(&lock);
		kept = malloc(64);
		for (int i = 0; i < 200000; i++)
			burnt += (unsigned long)i;
		free(kept);
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t other;

	end_s = now_s() + (argc > 1 ? atoi(argv[1]) : 300) / 1e3;
	puts("ready");
	fflush(stdout);
	if (pthread_create(&other, NULL, work, NULL))
		return 1;
	work(NULL);
	return pthread_join(other, NULL);
}
