/*
 * alloc_together HOW: 50 threads hold a block of 4000 bytes each at the same
 * time, and free it. If HOW is "barrier" they wait for each other at a barrier,
 * and if it is "sleep" they all sleep. Then main allocates 3 blocks of 1000
 * bytes and never frees them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 50

static pthread_barrier_t all;
static int sleeps;
static void *volatile kept[3];

static void *hold(void *unused)
{
	void *volatile block = malloc(4000);

	if (sleeps)
		sleep(1);
	else
		pthread_barrier_wait(&all);
	free(block);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	sleeps = argc > 1 && strcmp(argv[1], "sleep") == 0;
	pthread_barrier_init(&all, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, hold, NULL))
			return 2;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++)
		kept[i] = malloc(1000);
	return 0;
}
