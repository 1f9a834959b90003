/*
 * Three threads hold `first`, `second` and `third`, and each waits for the lock
 * of the next one, until main ends the process at the end of its standard
 * input.
 */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t third = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t each_holds_one;

static void take(pthread_mutex_t *own, pthread_mutex_t *next)
{
	pthread_mutex_lock(own);
	pthread_barrier_wait(&each_holds_one);
	pthread_mutex_lock(next);
}

static void *first_then_second(void *unused)
{
	take(&first, &second);
	return unused;
}

static void *second_then_third(void *unused)
{
	take(&second, &third);
	return unused;
}

static void *third_then_first(void *unused)
{
	take(&third, &first);
	return unused;
}

int main(void)
{
	void *(*const takers[])(void *) = {first_then_second, second_then_third,
					   third_then_first};
	pthread_t threads[3];
	char ignored;

	pthread_barrier_init(&each_holds_one, NULL, 3);
	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, takers[i], NULL))
			return 1;
	while (read(STDIN_FILENO, &ignored, 1) > 0)
		;
	return 3;
}
