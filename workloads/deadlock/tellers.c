/* Two tellers move money between the same two accounts, in opposite
 * directions. */
#include "bank.h"

#include <stdio.h>
#include <string.h>

#define TRANSFERS_COUNT 30
#define BALANCE_CENTS   100000

struct teller {
	struct account *from, *to;
};

static struct account anna, ben;
static pthread_barrier_t opening; /* of both counters, at one moment */

static void *serve(void *argument)
{
	struct teller *teller = argument;

	for (int i = 0; i < TRANSFERS_COUNT; i++)
		transfer(teller->from, teller->to, 100 + i);
	return NULL;
}

static void *serve_from_opening(void *argument)
{
	pthread_barrier_wait(&opening);
	return serve(argument);
}

/* The second teller begins after the first has ended. This is slower, but
 * neither waits for a lock. */
static int serve_in_turn(struct teller tellers[2])
{
	serve(&tellers[0]);
	serve(&tellers[1]);
	return 0;
}

static int serve_at_once(struct teller tellers[2])
{
	pthread_t threads[2];
	int started = 0, err = 0;

	while (!err && started < 2) {
		err = pthread_create(&threads[started], NULL,
				     serve_from_opening, &tellers[started]);
		started += !err;
	}
	if (err)
		return err; /* whoever started waits for the other */
	while (started)
		pthread_join(threads[--started], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	int in_turn = argc > 1 && strcmp(argv[1], "--in-turn") == 0;
	struct teller tellers[2] = {{&anna, &ben}, {&ben, &anna}};
	int err;

	if (pthread_barrier_init(&opening, NULL, 2) ||
	    account_open(&anna, 1, BALANCE_CENTS) ||
	    account_open(&ben, 2, BALANCE_CENTS))
		return 1;
	err = in_turn ? serve_in_turn(tellers) : serve_at_once(tellers);
	printf("%ld %ld\n", anna.balance_cents, ben.balance_cents);
	account_close(&anna);
	account_close(&ben);
	return err != 0;
}
