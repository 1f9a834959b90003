/*
 * Interposes the functions that wake threads and lock nothing. Recordings do
 * not count them; a virtual speed-up needs them (causal/causal_locks.h).
 */
#include "preload/lock/real_locks.h"

#include <threads.h>

#define EXPORT __attribute__((visibility("default")))

/* Finds the real functions if a constructor runs before ours. */
static void find_real(void)
{
	(void)is_watched();
}

EXPORT int pthread_cond_signal(pthread_cond_t *cond)
{
	find_real();
	return real_lock.cond_signal(cond);
}

EXPORT int pthread_cond_broadcast(pthread_cond_t *cond)
{
	find_real();
	return real_lock.cond_broadcast(cond);
}

EXPORT int sem_post(sem_t *sem)
{
	find_real();
	return real_lock.sem_post(sem);
}

static int as_c11(int error)
{
	return error ? thrd_error : thrd_success;
}

EXPORT int cnd_signal(cnd_t *cond)
{
	return as_c11(pthread_cond_signal((void *)cond));
}

EXPORT int cnd_broadcast(cnd_t *cond)
{
	return as_c11(pthread_cond_broadcast((void *)cond));
}
