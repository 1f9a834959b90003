/*
 * preload/lock/real_locks.h - the C library's own functions of locks, and what
 * each hook asks before it calls them.
 *
 * Threads    real_locks_find takes the loader's lock.
 * Read next  preload/lock/lock_hooks.c, which interposes them.
 */
#ifndef PRELOAD_LOCK_REAL_LOCKS_H
#define PRELOAD_LOCK_REAL_LOCKS_H

#include "preload/alloc/alloc_track.h"
#include "preload/stack/stack_walk.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <time.h>

typedef const struct timespec *deadline;

struct real_locks {
	int (*mutex_lock)(pthread_mutex_t *);
	int (*mutex_trylock)(pthread_mutex_t *);
	int (*mutex_timedlock)(pthread_mutex_t *, deadline);
	int (*mutex_clocklock)(pthread_mutex_t *, clockid_t, deadline);
	int (*mutex_unlock)(pthread_mutex_t *);
	int (*rwlock_rdlock)(pthread_rwlock_t *);
	int (*rwlock_wrlock)(pthread_rwlock_t *);
	int (*rwlock_tryrdlock)(pthread_rwlock_t *);
	int (*rwlock_trywrlock)(pthread_rwlock_t *);
	int (*rwlock_timedrdlock)(pthread_rwlock_t *, deadline);
	int (*rwlock_timedwrlock)(pthread_rwlock_t *, deadline);
	int (*rwlock_clockrdlock)(pthread_rwlock_t *, clockid_t, deadline);
	int (*rwlock_clockwrlock)(pthread_rwlock_t *, clockid_t, deadline);
	int (*rwlock_unlock)(pthread_rwlock_t *);
	int (*cond_wait)(pthread_cond_t *, pthread_mutex_t *);
	int (*cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, deadline);
	int (*cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
			      deadline);
	int (*cond_signal)(pthread_cond_t *);
	int (*cond_broadcast)(pthread_cond_t *);
	int (*sem_wait)(sem_t *);
	int (*sem_trywait)(sem_t *);
	int (*sem_timedwait)(sem_t *, deadline);
	int (*sem_clockwait)(sem_t *, clockid_t, deadline);
	int (*sem_post)(sem_t *);
	int (*join)(pthread_t, void **);
	int (*tryjoin)(pthread_t, void **);
	int (*timedjoin)(pthread_t, void **, deadline);
	int (*clockjoin)(pthread_t, void **, clockid_t, deadline);
	int (*barrier_wait)(pthread_barrier_t *);
	int (*mutex_destroy)(pthread_mutex_t *);
	int (*rwlock_destroy)(pthread_rwlock_t *);
	int (*cond_destroy)(pthread_cond_t *);
	int (*barrier_destroy)(pthread_barrier_t *);
	int (*sem_destroy)(sem_t *);
};

extern __attribute__((visibility("hidden"))) struct real_locks real_lock;

void real_locks_find(void);

/* To be called before a wait for other threads, recorded or not. */
static inline void settle_before_wait(void)
{
	if (__builtin_expect(track_plan.with_live, 0))
		track_settle();
}

/*
 * Whether waits are recorded. After this call the members of real_lock can be
 * used in either case.
 */
static inline bool is_watched(void)
{
	if (__builtin_expect(track_plan.with_locks, 0))
		return true;
	if (__builtin_expect(!real_lock.mutex_unlock, 0))
		real_locks_find();
	return false;
}

/* Where the program called the hook that calls this. */
__attribute__((always_inline)) static inline struct stack_entry entry_here(void)
{
	return (struct stack_entry){.frame = __builtin_frame_address(0),
				    .pc = stack_entry_pc()};
}

#endif
