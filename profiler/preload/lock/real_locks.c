/* Looks up the functions that the hooks of locks interpose. */
#include "preload/lock/real_locks.h"
#include "preload/thread_counts.h"
#include <dlfcn.h>
#include <string.h>

struct real_locks real_lock;

static const struct {
	void *member;
	const char *name;
	const char *version; /* NULL: the function has one version */
} symbols[] = {
	{&real_lock.mutex_lock, "pthread_mutex_lock", NULL},
	{&real_lock.mutex_trylock, "pthread_mutex_trylock", NULL},
	{&real_lock.mutex_timedlock, "pthread_mutex_timedlock", NULL},
	{&real_lock.mutex_clocklock, "pthread_mutex_clocklock", NULL},
	{&real_lock.rwlock_rdlock, "pthread_rwlock_rdlock", NULL},
	{&real_lock.rwlock_wrlock, "pthread_rwlock_wrlock", NULL},
	{&real_lock.rwlock_tryrdlock, "pthread_rwlock_tryrdlock", NULL},
	{&real_lock.rwlock_trywrlock, "pthread_rwlock_trywrlock", NULL},
	{&real_lock.rwlock_timedrdlock, "pthread_rwlock_timedrdlock", NULL},
	{&real_lock.rwlock_timedwrlock, "pthread_rwlock_timedwrlock", NULL},
	{&real_lock.rwlock_clockrdlock, "pthread_rwlock_clockrdlock", NULL},
	{&real_lock.rwlock_clockwrlock, "pthread_rwlock_clockwrlock", NULL},
	{&real_lock.rwlock_unlock, "pthread_rwlock_unlock", NULL},
#if defined(__x86_64__)
	/*
	 * dlsym would return the oldest version, which expects another layout
	 * of a condition variable.
	 */
	{&real_lock.cond_wait, "pthread_cond_wait", "GLIBC_2.3.2"},
	{&real_lock.cond_timedwait, "pthread_cond_timedwait", "GLIBC_2.3.2"},
	{&real_lock.cond_destroy, "pthread_cond_destroy", "GLIBC_2.3.2"},
	{&real_lock.cond_signal, "pthread_cond_signal", "GLIBC_2.3.2"},
	{&real_lock.cond_broadcast, "pthread_cond_broadcast", "GLIBC_2.3.2"},
#else
	{&real_lock.cond_wait, "pthread_cond_wait", NULL},
	{&real_lock.cond_timedwait, "pthread_cond_timedwait", NULL},
	{&real_lock.cond_destroy, "pthread_cond_destroy", NULL},
	{&real_lock.cond_signal, "pthread_cond_signal", NULL},
	{&real_lock.cond_broadcast, "pthread_cond_broadcast", NULL},
#endif
	{&real_lock.cond_clockwait, "pthread_cond_clockwait", NULL},
	{&real_lock.sem_wait, "sem_wait", NULL},
	{&real_lock.sem_trywait, "sem_trywait", NULL},
	{&real_lock.sem_timedwait, "sem_timedwait", NULL},
	{&real_lock.sem_post, "sem_post", NULL},
	{&real_lock.join, "pthread_join", NULL},
	{&real_lock.tryjoin, "pthread_tryjoin_np", NULL},
	{&real_lock.timedjoin, "pthread_timedjoin_np", NULL},
	{&real_lock.clockjoin, "pthread_clockjoin_np", NULL},
	{&real_lock.sem_clockwait, "sem_clockwait", NULL},
	{&real_lock.barrier_wait, "pthread_barrier_wait", NULL},
	{&real_lock.mutex_destroy, "pthread_mutex_destroy", NULL},
	{&real_lock.rwlock_destroy, "pthread_rwlock_destroy", NULL},
	{&real_lock.barrier_destroy, "pthread_barrier_destroy", NULL},
	{&real_lock.sem_destroy, "sem_destroy", NULL},
	/* This pointer is set last: if it is set, all others are. */
	{&real_lock.mutex_unlock, "pthread_mutex_unlock", NULL},
};

void real_locks_find(void)
{
	struct thread_block *self = thread_self();

	thread_pause_counting(self);
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		void *found = symbols[i].version
				      ? dlvsym(RTLD_NEXT, symbols[i].name,
					       symbols[i].version)
				      : dlsym(RTLD_NEXT, symbols[i].name);

		memcpy(symbols[i].member, &found, sizeof(found));
	}
	thread_resume_counting(self);
}
