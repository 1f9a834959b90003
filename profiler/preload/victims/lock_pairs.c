/* lock_pairs N: locks and unlocks a mutex N times, without contention. */
#include <pthread.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	unsigned long pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;

	while (pairs--) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	return 0;
}
