/*
 * preload/lock/watched_locks.h - the recorded waits, which the hooks of POSIX
 * and of C11 share.
 *
 * entry      where the program called the hook.
 * Errors     the same as those of the POSIX functions.
 * Read next  preload/lock/lock_hooks.c
 */
#ifndef PRELOAD_LOCK_WATCHED_LOCKS_H
#define PRELOAD_LOCK_WATCHED_LOCKS_H

#include "preload/lock/real_locks.h"

/* A deadline. clock -1: the clock of the POSIX function that names none. */
struct limit {
	clockid_t clock;
	deadline until;
};

int watched_mutex_lock(pthread_mutex_t *mutex, const struct stack_entry *entry);
int watched_mutex_lock_until(pthread_mutex_t *mutex, const struct limit *limit,
			     const struct stack_entry *entry);
/* To be called before the mutex is unlocked. */
void watched_mutex_release(const pthread_mutex_t *mutex,
			   const struct stack_entry *entry);

/* limit NULL: there is no deadline. */
int watched_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
		      const struct limit *limit,
		      const struct stack_entry *entry);

int watched_join(pthread_t thread, void **result,
		 const struct stack_entry *entry);

/*
 * A cleanup handler with a struct wait: if a thread is cancelled in its wait,
 * or ends in a signal handler there, the wait has ended.
 */
void watched_abandon_wait(void *wait);

#endif
