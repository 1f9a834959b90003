/*
 * Starts argv[1] threads (8), 8 at a time. Each makes 1002 allocations: 1000
 * blocks of 32 bytes, the last 10 of which main frees when the thread has
 * ended; a list of these 10; and one block that the destructor of a
 * thread-specific value frees while the thread ends.
 */
#include <pthread.h>
#include <stdlib.h>

#define BLOCKS 1000
#define LATE   10

static pthread_key_t late_key;

static void *work(void *unused)
{
	void **late = malloc(LATE * sizeof(*late));

	(void)unused;
	if (!late)
		return NULL;
	pthread_setspecific(late_key, malloc(32));
	for (size_t i = 0; i < BLOCKS; i++) {
		void *volatile block = malloc(32);

		if (i < BLOCKS - LATE)
			free(block);
		else
			late[i - (BLOCKS - LATE)] = block;
	}
	return late;
}

static void free_late(void **late)
{
	for (size_t i = 0; late && i < LATE; i++)
		free(late[i]);
	free(late);
}

static int round_of(pthread_t *threads, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			return 1;
	for (size_t i = 0; i < count; i++) {
		void *late = NULL;

		pthread_join(threads[i], &late);
		free_late(late);
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t threads_count = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
	pthread_t threads[8];

	pthread_key_create(&late_key, free);
	for (size_t done = 0; done < threads_count; done += 8)
		if (round_of(threads, 8))
			return 1;
	return 0;
}
