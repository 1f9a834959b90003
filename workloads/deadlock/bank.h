/* bank.h - accounts, and transfers of money between them.
 *
 * Units    _cents is hundredths of the currency.
 * Threads  transfer may be called from any number of threads.
 */
#ifndef BANK_H
#define BANK_H

#include <pthread.h>

struct account {
	pthread_mutex_t lock; /* guards balance_cents */
	int number;
	long balance_cents;
};

int account_open(struct account *account, int number, long balance_cents);
void account_close(struct account *account);

/* Debits one account and credits the other, while it holds both locks. */
void transfer(struct account *from, struct account *to, long cents);

#endif
