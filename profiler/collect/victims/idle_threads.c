/*
 * Starts argv[1] threads that wait, on small stacks, and prints "ready". Then
 * one more thread uses 300 ms of CPU time, or argv[2] ms, and ends the process.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "known_work.h"

#define STACK_BYTES 65536

static uint64_t work_ms;

__attribute__((noinline)) static void burn_among_many(void)
{
	burn_ns(work_ms * 1000000);
	__asm__ volatile("");
}

static void *idle(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *work(void *unused)
{
	(void)unused;
	burn_among_many();
	_exit(0);
}

int main(int argc, char **argv)
{
	uint64_t count = argument(argc, argv, 1, 600);
	pthread_attr_t small;
	pthread_t thread;

	work_ms = argument(argc, argv, 2, 300);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_BYTES);
	for (uint64_t i = 0; i < count; i++)
		if (pthread_create(&thread, &small, idle, NULL))
			return 1;
	puts("ready");
	fflush(stdout);
	if (pthread_create(&thread, &small, work, NULL))
		return 1;
	for (;;)
		pause();
}
