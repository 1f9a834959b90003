/*
 * alloc_sites THREADS SITES BUSY: every thread allocates once at every eighth
 * of SITES call sites, so that with 64 threads eight use each site. Then a line
 * is printed, and ten times a second each thread allocates at BUSY random
 * sites, for ever.
 *
 * A call site is a path of 17 calls, each to one of two functions.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DEPTH  17
#define STRIDE 8

static uint32_t sites_count, busy_count;
static pthread_barrier_t all_visited;

static void left(uint32_t path, int depth);
static void right(uint32_t path, int depth);

static void step(uint32_t path, int depth)
{
	void *volatile block;

	if (depth) {
		(path & 1 ? right : left)(path >> 1, depth - 1);
	} else {
		block = malloc(32);
		free(block);
	}
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

__attribute__((noinline)) static void left(uint32_t path, int depth)
{
	step(path, depth);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void right(uint32_t path, int depth)
{
	step(path, depth);
	__asm__ volatile("" ::: "memory");
}

static void *allocate(void *seed)
{
	const struct timespec period = {.tv_nsec = 100000000};
	uint64_t random = (uintptr_t)seed * 2654435761u + 1;

	for (uint32_t path = (uint32_t)(uintptr_t)seed % STRIDE;
	     path < sites_count; path += STRIDE)
		step(path, DEPTH);
	pthread_barrier_wait(&all_visited);
	for (uint32_t done = 0;; done++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		step((uint32_t)(random >> 33) % sites_count, DEPTH);
		if (done % busy_count == busy_count - 1)
			nanosleep(&period, NULL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uintptr_t threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
	pthread_t thread;

	sites_count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000;
	busy_count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 100;
	if (!busy_count || threads < 1 || threads > 256 || !sites_count ||
	    sites_count > 1u << DEPTH)
		return 2;
	pthread_barrier_init(&all_visited, NULL, (unsigned)threads + 1);
	for (uintptr_t i = 0; i < threads; i++)
		if (pthread_create(&thread, NULL, allocate, (void *)(i + 1)))
			return 1;
	pthread_barrier_wait(&all_visited);
	puts("all call sites are there");
	fflush(stdout);
	pause();
	return 0;
}
