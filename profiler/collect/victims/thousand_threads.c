/* 1000 threads exist at once, and each uses a few ms of CPU time. */
#include <pthread.h>

#include "known_work.h"

#define THREADS 1000

static uint64_t each_ns;
static pthread_barrier_t all_there;

static void *work(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&all_there);
	burn_ns(each_ns);
	return NULL;
}

int main(int argc, char **argv)
{
	static pthread_t threads[THREADS];
	pthread_attr_t small;

	each_ns = argument(argc, argv, 1, 5) * 1000000;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	pthread_barrier_init(&all_there, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], &small, work, NULL))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
