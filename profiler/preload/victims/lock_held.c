/*
 * Acquires the lock `quiet` 1000 times without waiting. Then hold_ledger()
 * holds the lock `ledger` for 20 ms, while another thread waits for it in
 * want_ledger(). The first thread waits once for the semaphore `turnstile`, and
 * once for the end of the other thread.
 */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t quiet = PTHREAD_MUTEX_INITIALIZER;
static sem_t turnstile;

static void *want_ledger(void *unused)
{
	(void)unused;
	sem_post(&turnstile);
	pthread_mutex_lock(&ledger);
	pthread_mutex_unlock(&ledger);
	return NULL;
}

__attribute__((noinline)) static int hold_ledger(void)
{
	struct timespec twenty_ms = {0, 20000000}, two_ms = {0, 2000000};
	pthread_t thread;

	pthread_mutex_lock(&ledger);
	if (pthread_create(&thread, NULL, want_ledger, NULL))
		return 1;
	sem_wait(&turnstile);
	nanosleep(&two_ms, NULL); /* by now the other thread waits for us */
	nanosleep(&twenty_ms, NULL);
	pthread_mutex_unlock(&ledger);
	return pthread_join(thread, NULL);
}

int main(void)
{
	sem_init(&turnstile, 0, 0);
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&quiet);
		pthread_mutex_unlock(&quiet);
	}
	return hold_ledger();
}
