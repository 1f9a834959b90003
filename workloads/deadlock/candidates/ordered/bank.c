/* Moves money between accounts; locks the one with the lower number first. */
#include "bank.h"

#include <time.h>

/* The clearing house takes a millisecond to answer. */
static void clear_payment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

int account_open(struct account *account, int number, long balance_cents)
{
	account->number = number;
	account->balance_cents = balance_cents;
	return -pthread_mutex_init(&account->lock, NULL);
}

void account_close(struct account *account)
{
	pthread_mutex_destroy(&account->lock);
}

void transfer(struct account *from, struct account *to, long cents)
{
	struct account *first = from->number < to->number ? from : to;
	struct account *second = first == from ? to : from;

	pthread_mutex_lock(&first->lock);
	clear_payment();
	pthread_mutex_lock(&second->lock);
	from->balance_cents -= cents;
	to->balance_cents += cents;
	pthread_mutex_unlock(&second->lock);
	pthread_mutex_unlock(&first->lock);
}
