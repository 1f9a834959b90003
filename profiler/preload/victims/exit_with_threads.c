/*
 * exit_with_threads: main returns 7 while other threads allocate memory and use
 * new locks, so that the instruments write to new places in their memory.
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
		/* It is not freed, so that the next one is another lock. */
		pthread_mutex_unlock(fresh);
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
