/*
 * causal_rounds work|sleep|spin FIRST_MS SECOND_MS ROUNDS: in each round one
 * thread works for FIRST_MS in first_part(), and another one works or sleeps
 * for SECOND_MS in second_part(), or asks there without a pause whether the
 * first one is done; then they meet at a barrier. So a faster first_part()
 * gains nothing if it is the shorter part, whatever its share of the CPU time
 * is, and otherwise until it is as short as second_part(). With spin it has
 * half of the CPU time, but all of a round waits for it: if it takes half of
 * its time, a round takes half of its time, too.
 */
#include <clinic/stage.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "known_work.h"

static uint64_t first_ns, second_ns, rounds_count;
static bool second_sleeps, second_spins;
static _Atomic uint64_t first_done_count;
static pthread_barrier_t barrier;

__attribute__((noinline)) static void first_part(void)
{
	burn_ns(first_ns);
	__asm__ volatile(""); /* the call above stays a call */
}

__attribute__((noinline)) static void second_part(uint64_t round)
{
	struct timespec wait = {(time_t)(second_ns / 1000000000u),
				(long)(second_ns % 1000000000u)};

	if (second_spins)
		while (first_done_count == round)
			;
	else if (second_sleeps)
		nanosleep(&wait, NULL);
	else
		burn_ns(second_ns);
	__asm__ volatile("");
}

static void *do_first(void *unused)
{
	for (uint64_t round = 0; round < rounds_count; round++) {
		clinic_stage_begin("round");
		first_part();
		first_done_count++;
		clinic_stage_end("round");
		pthread_barrier_wait(&barrier);
	}
	return unused;
}

static void *do_second(void *unused)
{
	for (uint64_t round = 0; round < rounds_count; round++) {
		second_part(round);
		pthread_barrier_wait(&barrier);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	second_sleeps = argc > 1 && strcmp(argv[1], "sleep") == 0;
	second_spins = argc > 1 && strcmp(argv[1], "spin") == 0;
	first_ns = argument(argc, argv, 2, 20) * 1000000;
	second_ns = argument(argc, argv, 3, 40) * 1000000;
	rounds_count = argument(argc, argv, 4, 10);
	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&threads[0], NULL, do_first, NULL) ||
	    pthread_create(&threads[1], NULL, do_second, NULL))
		return 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	return 0;
}
