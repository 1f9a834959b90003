/*
 * Three threads with known times off the CPU: one sleeps three times for 50 ms,
 * one waits for a byte that the first one writes after that, and one only uses
 * the CPU. Prints how long the first two waited, as they measured it.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "known_work.h"

/*
 * Each thread first uses the CPU, so that a sampler that records no stacks of
 * waits has a stack of each of them.
 */
#define BURN_NS 30000000u

static int pipe_ends[2];
static uint64_t slept_ns, read_ns;

__attribute__((noinline)) static void known_sleep(void)
{
	const struct timespec nap = {.tv_nsec = 50000000};

	burn_ns(BURN_NS);
	for (int i = 0; i < 3; i++) {
		uint64_t start_ns = clock_now_ns(CLOCK_MONOTONIC);

		nanosleep(&nap, NULL);
		slept_ns += clock_now_ns(CLOCK_MONOTONIC) - start_ns;
	}
}

__attribute__((noinline)) static void known_read(void)
{
	uint64_t start_ns;
	char byte;

	burn_ns(BURN_NS);
	start_ns = clock_now_ns(CLOCK_MONOTONIC);
	if (read(pipe_ends[0], &byte, 1) == 1)
		read_ns = clock_now_ns(CLOCK_MONOTONIC) - start_ns;
}

__attribute__((noinline)) static void known_spin(void)
{
	burn_ns(3 * BURN_NS);
}

static void *sleeper(void *unused)
{
	pthread_setname_np(pthread_self(), "sleeper");
	known_sleep();
	if (write(pipe_ends[1], "x", 1) != 1)
		_exit(1);
	return unused;
}

static void *reader(void *unused)
{
	pthread_setname_np(pthread_self(), "reader");
	known_read();
	return unused;
}

static void *spinner(void *unused)
{
	pthread_setname_np(pthread_self(), "spinner");
	known_spin();
	return unused;
}

int main(void)
{
	void *(*const work[])(void *) = {sleeper, reader, spinner};
	pthread_t threads[3];

	if (pipe(pipe_ends))
		return 1;
	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, work[i], NULL))
			return 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("known_sleep %" PRIu64 "\nknown_read %" PRIu64 "\n", slept_ns,
	       read_ns);
	return 0;
}
