/*
 * preload/cancellation.h - no thread is cancelled in the middle of a hook.
 *
 * For code that calls functions which may be cancellation points. A request
 * that comes meanwhile takes effect at the program's own next such point.
 *
 *	int before = cancellation_pause();
 *	...
 *	cancellation_resume(before);
 */
#ifndef PRELOAD_CANCELLATION_H
#define PRELOAD_CANCELLATION_H

#include <pthread.h>

static inline int cancellation_pause(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

static inline void cancellation_resume(int before)
{
	pthread_setcancelstate(before, &before);
}

#endif
