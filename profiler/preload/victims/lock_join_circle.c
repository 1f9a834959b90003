/*
 * lock_join_circle: the first thread holds `kept` and waits for the end of
 * the second, which waits for `kept`. The process ends when its standard input
 * does.
 */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t kept = PTHREAD_MUTEX_INITIALIZER;

static void *want_kept(void *unused)
{
	pthread_mutex_lock(&kept);
	return unused;
}

static void *end_with_input(void *unused)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	_exit(0);
	return unused;
}

int main(void)
{
	pthread_t wanting, ending;

	pthread_mutex_lock(&kept);
	if (pthread_create(&ending, NULL, end_with_input, NULL) ||
	    pthread_create(&wanting, NULL, want_kept, NULL))
		return 2;
	return pthread_join(wanting, NULL);
}
