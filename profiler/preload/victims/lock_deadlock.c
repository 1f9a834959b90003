/*
 * Two threads take `left` and `right` in opposite order and wait for each
 * other, until main ends the process after argv[1] milliseconds.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both_hold_one;

static void *left_then_right(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&left);
	pthread_barrier_wait(&both_hold_one);
	pthread_mutex_lock(&right);
	return NULL;
}

static void *right_then_left(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&right);
	pthread_barrier_wait(&both_hold_one);
	pthread_mutex_lock(&left);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int wait_ms = argc > 1 ? (unsigned int)atoi(argv[1]) : 1000;
	pthread_t threads[2];

	pthread_barrier_init(&both_hold_one, NULL, 2);
	if (pthread_create(&threads[0], NULL, left_then_right, NULL) ||
	    pthread_create(&threads[1], NULL, right_then_left, NULL))
		return 1;
	usleep(wait_ms * 1000);
	return 3;
}
