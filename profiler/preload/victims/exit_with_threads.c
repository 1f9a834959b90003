/*
 * exit_with_threads: main returns 7 while others take locks and memory that
 * nobody has seen before: what is written about them goes to new places.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *unused)
{
	pthread_mutex_t *fresh;

	for (size_t i = 0;; i++) {
		fresh = malloc(sizeof(*fresh) + i % 1024);
		if (!fresh)
			return unused;
		pthread_mutex_init(fresh, NULL);
		pthread_mutex_lock(fresh);
		pthread_mutex_unlock(fresh); /* kept: the next has another */
	}
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		if (pthread_create(&thread, NULL, work, NULL))
			return 2;
	usleep(2000);
	return 7;
}
