/*
 * Two threads take `left` and `right` in opposite order and wait for each
 * other, until main ends the process at the end of its standard input.
 */
#include <pthread.h>
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

int main(void)
{
	pthread_t threads[2];
	char ignored;

	pthread_barrier_init(&both_hold_one, NULL, 2);
	if (pthread_create(&threads[0], NULL, left_then_right, NULL) ||
	    pthread_create(&threads[1], NULL, right_then_left, NULL))
		return 1;
	while (read(STDIN_FILENO, &ignored, 1) > 0)
		;
	return 3;
}
