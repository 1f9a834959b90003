/*
 * Twenty threads run one after the other. Each allocates 100 blocks of 1000
 * bytes and ends; then main frees them. At most 100 000 bytes are live.
 */
#include <pthread.h>
#include <stdlib.h>

#define BLOCKS 100

static void *blocks[BLOCKS];

static void *fill(void *unused)
{
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(1000);
	return unused;
}

int main(void)
{
	pthread_t thread;

	for (int round = 0; round < 20; round++) {
		if (pthread_create(&thread, NULL, fill, NULL))
			return 1;
		pthread_join(thread, NULL);
		for (size_t i = 0; i < BLOCKS; i++)
			free(blocks[i]);
	}
	return 0;
}
