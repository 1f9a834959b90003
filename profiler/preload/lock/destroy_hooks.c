/*
 * Interposes the functions that destroy a lock: the next lock at its address is
 * another one.
 */
#include "preload/lock/lock_wait.h"
#include "preload/lock/watched_locks.h"
#include <semaphore.h>
#include <threads.h>

#define EXPORT __attribute__((visibility("default")))

/*
 * The lock is forgotten before the call, because its memory may belong to
 * another object as soon as the call has destroyed it.
 */
static void note_end(const void *lock, enum lock_kind kind)
{
	if (is_watched())
		wait_destroyed(lock, kind);
}

EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	note_end(mutex, LOCK_MUTEX);
	return real_lock.mutex_destroy(mutex);
}

EXPORT int pthread_rwlock_destroy(pthread_rwlock_t *rwlock)
{
	note_end(rwlock, LOCK_RWLOCK);
	return real_lock.rwlock_destroy(rwlock);
}

EXPORT int pthread_cond_destroy(pthread_cond_t *cond)
{
	note_end(cond, LOCK_COND);
	return real_lock.cond_destroy(cond);
}

EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	note_end(barrier, LOCK_BARRIER);
	return real_lock.barrier_destroy(barrier);
}

EXPORT int sem_destroy(sem_t *sem)
{
	note_end(sem, LOCK_SEM);
	return real_lock.sem_destroy(sem);
}

EXPORT void mtx_destroy(mtx_t *mutex)
{
	note_end(mutex, LOCK_MUTEX);
	(void)real_lock.mutex_destroy((void *)mutex);
}

EXPORT void cnd_destroy(cnd_t *cond)
{
	note_end(cond, LOCK_COND);
	(void)real_lock.cond_destroy((void *)cond);
}
