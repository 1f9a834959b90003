/*
 * Forks 100 children, which allocate 10 blocks each, while three threads
 * allocate without a pause, each time along another call stack.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "known_allocations.h"

#define CHILDREN 100

static atomic_bool is_over;

/* Both calls are the same but for their return address. */
__attribute__((noinline)) static void dig(uintptr_t path, volatile int depth)
{
	if (!depth)
		allocate(1);
	else if (path & 1)
		dig(path >> 1, depth - 1);
	else
		dig(path >> 1, depth - 1);
	depth = 0;
}

static void *churn(void *start)
{
	for (uintptr_t path = (uintptr_t)start; !is_over; path += 7)
		dig(path & 0x7fff, 15);
	return NULL;
}

__attribute__((noinline)) static void allocate_in_child(void)
{
	allocate(10);
}

static int fork_one(void)
{
	pid_t pid = fork();

	if (pid)
		return wait_for(pid);
	alarm(30); /* ends a child that waits for a lock for ever */
	allocate_in_child();
	_exit(0);
}

int main(void)
{
	pthread_t threads[3];
	int failed = 0;

	for (uintptr_t i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, churn, (void *)i))
			return 2;
	for (int i = 0; i < CHILDREN; i++)
		failed |= fork_one();
	is_over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return failed;
}
