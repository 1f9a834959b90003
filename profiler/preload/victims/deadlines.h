/*
 * deadlines.h - deadlines and pauses in milliseconds, for the victims that wait
 * for locks.
 */
#ifndef DEADLINES_H
#define DEADLINES_H

#include <time.h>

static inline struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec at;

	clock_gettime(clock, &at);
	at.tv_nsec += ms * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static inline void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

#endif
