/* Moves money between accounts; locks the debited one first, then the other. */
#include "bank.h"

#include <time.h>

/* The clearing house takes a millisecond to answer. */
static void clear_payment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

int account_open(struct account *account, int number, long balance_cents)
{
	pthread_mutexattr_t kind;
	int err = -pthread_mutexattr_init(&kind);

	account->number = number;
	account->balance_cents = balance_cents;
	if (err)
		return err;
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
	err = -pthread_mutex_init(&account->lock, &kind);
	pthread_mutexattr_destroy(&kind);
	return err;
}

void account_close(struct account *account)
{
	pthread_mutex_destroy(&account->lock);
}

void transfer(struct account *from, struct account *to, long cents)
{
	pthread_mutex_lock(&from->lock);
	clear_payment();
	pthread_mutex_lock(&to->lock);
	from->balance_cents -= cents;
	to->balance_cents += cents;
	pthread_mutex_unlock(&to->lock);
	pthread_mutex_unlock(&from->lock);
}
