/*
 * preload/causal/virtual_time.h - how far each thread is behind in its delays.
 *
 *	virtual_time_gain(took_ns);	the thread has run the function
 *	virtual_time_settle();		it sleeps for the delays that it owes
 *
 *	since_ns = virtual_time_inserted_ns();
 *	... wait for another thread ...
 *	virtual_time_credit(since_ns);	that thread has taken these delays
 *
 * A thread that is about to wake another one settles first: otherwise the other
 * one would be credited with delays that nobody has taken. A thread that was
 * woken by nobody of this process (a sleep, a deadline, input) is not credited,
 * because its wait would have been as long: it owes the delays.
 *
 * This is the accounting of Coz (Curtsinger and Berger, SOSP 2015, 3.4): a
 * thread that runs the function takes the delay by doing so, so that several
 * threads in the function at once delay each other only by the difference.
 *
 * Errors     none: without a result these functions do nothing.
 * Threads    any.
 * Signals    all of it is safe in handlers, allocates nothing and takes no
 *            lock. Settling sleeps.
 * Read next  shared_memory/causal_layout.h
 */
#ifndef PRELOAD_CAUSAL_VIRTUAL_TIME_H
#define PRELOAD_CAUSAL_VIRTUAL_TIME_H

#include <stdint.h>

struct causal_result;

/* From now on delays are counted there; NULL: there are none any more. */
void virtual_time_use(struct causal_result *result);

/*
 * To be called by a new thread. It has taken the delays that its creator had
 * taken when it made the thread.
 */
void virtual_time_begin(uint64_t taken_ns);
uint64_t virtual_time_taken_ns(void);

/* The delays that every thread is to take, since the process began. */
uint64_t virtual_time_inserted_ns(void);

void virtual_time_gain(uint64_t delay_ns);
/* Takes what the thread owes, however long that is. */
void virtual_time_settle(void);
/* Takes some of it, for a handler, which must not hold up other signals. */
void virtual_time_pause(void);
void virtual_time_credit(uint64_t since_ns);

/* The time as the calling thread would read it if the function were faster. */
uint64_t virtual_time_now_ns(void);

#endif
