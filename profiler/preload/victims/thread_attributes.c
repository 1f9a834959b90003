/*
 * thread_attributes: starts threads whose first allocation is made by the C
 * library in pthread_getattr_np, which holds the thread's lock. Every thread of
 * a Java or Ruby virtual machine begins in this way. Prints how many threads
 * returned from it.
 */
#include <pthread.h>
#include <stdio.h>

#define THREADS 8

static void *ask(void *unused)
{
	pthread_attr_t attributes;

	(void)unused;
	if (pthread_getattr_np(pthread_self(), &attributes))
		return NULL;
	pthread_attr_destroy(&attributes);
	return "asked";
}

int main(void)
{
	pthread_t threads[THREADS];
	int asked_count = 0;
	void *result;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, ask, NULL))
			return 2;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		asked_count += result != NULL;
	}
	printf("%d\n", asked_count);
	return 0;
}
