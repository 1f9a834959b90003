/*
 * alloc_churn THREADS PAIRS [LEAK]: every thread makes PAIRS allocations of
 * 16 to 527 bytes, and frees each after 256 others. It does nothing else, so
 * that an instrument costs as much as it ever can. With LEAK, of every LEAK
 * runs of 256 blocks one is never freed.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define LIVE 256u

static size_t pairs, leak_every;

static void *churn(void *seed)
{
	void *live[LIVE] = {0};
	uint64_t random = (uintptr_t)seed * 2654435761u + 1;

	for (size_t i = 0; i < pairs; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		if (!leak_every || i / LIVE % leak_every)
			free(live[i % LIVE]);
		live[i % LIVE] = malloc(16 + (random >> 55));
	}
	for (size_t i = 0; i < LIVE; i++)
		free(live[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	pthread_t threads[64];

	pairs = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
	leak_every = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	if (count < 1 || count > 64)
		return 2;
	for (uintptr_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, churn, (void *)i))
			return 1;
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
