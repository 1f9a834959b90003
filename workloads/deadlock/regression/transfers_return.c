/* Regression test: transfers in opposite directions end, and no money is
 * lost. */
#include "bank.h"

#include <stdio.h>
#include <time.h>

#define TRANSFERS_COUNT 30
#define LIMIT_S         2 /* the transfers take 60 ms */

struct teller {
	struct account *from, *to;
};

/* Both begin at one moment: on a busy machine, the first would else be done
 * before the second begins. */
static pthread_barrier_t opening;

static void *serve(void *argument)
{
	struct teller *teller = argument;

	pthread_barrier_wait(&opening);
	for (int i = 0; i < TRANSFERS_COUNT; i++)
		transfer(teller->from, teller->to, 100);
	return NULL;
}

static int join_by(pthread_t thread, const struct timespec *deadline)
{
	return pthread_timedjoin_np(thread, NULL, deadline);
}

int main(void)
{
	struct account anna, ben;
	struct teller there = {&anna, &ben}, back = {&ben, &anna};
	struct timespec deadline;
	pthread_t threads[2];

	if (pthread_barrier_init(&opening, NULL, 2) ||
	    account_open(&anna, 1, 1000) || account_open(&ben, 2, 1000) ||
	    pthread_create(&threads[0], NULL, serve, &there) ||
	    pthread_create(&threads[1], NULL, serve, &back))
		return 2;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += LIMIT_S;
	if (join_by(threads[0], &deadline) || join_by(threads[1], &deadline)) {
		printf("FAILED: the tellers wait for each other after %d s\n",
		       LIMIT_S);
		return 1;
	}
	if (anna.balance_cents != 1000 || ben.balance_cents != 1000) {
		printf("FAILED: the balances are %ld and %ld\n",
		       anna.balance_cents, ben.balance_cents);
		return 1;
	}
	return 0;
}
