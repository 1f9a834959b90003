/*
 * preload/lock/watched_locks.h - waits that are timed, for all the names that
 * they have.
 *
 * entry      where the program came in.
 * Errors     as the POSIX functions.
 * Read next  preload/lock/lock_hooks.c
 */
#ifndef PRELOAD_LOCK_WATCHED_LOCKS_H
#define PRELOAD_LOCK_WATCHED_LOCKS_H

#include "preload/lock/real_locks.h"

/* By a deadline on a clock; -1: on that of the function without one. */
struct limit {
	clockid_t clock;
	deadline until;
};

int watched_mutex_lock(pthread_mutex_t *mutex, const struct stack_entry *entry);
int watched_mutex_lock_until(pthread_mutex_t *mutex, const struct limit *limit,
			     const struct stack_entry *entry);
/* Before it is given back. */
void watched_mutex_release(const pthread_mutex_t *mutex,
			   const struct stack_entry *entry);

/* limit NULL: for good. */
int watched_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
		      const struct limit *limit,
		      const struct stack_entry *entry);

int watched_join(pthread_t thread, void **result,
		 const struct stack_entry *entry);

/*
 * A cleanup handler of a struct wait: a thread that is cancelled in its wait,
 * or ends in a handler there, must not look as if it waited for good.
 */
void watched_abandon_wait(void *wait);

#endif
