/*
 * preload/lock/deadlock.h - threads that wait for each other in a circle.
 *
 * Threads    called by one that has been waiting for a while; reads what the
 *            others say they wait for.
 * Read next  preload/lock/lock_wait.h
 */
#ifndef PRELOAD_LOCK_DEADLOCK_H
#define PRELOAD_LOCK_DEADLOCK_H

#include "shared_memory/arena_layout.h"
#include <stdint.h>
#include <time.h>

/* When a waiter should look next, on CLOCK_MONOTONIC. */
struct timespec deadlock_next_look(void);

/*
 * Looks for a circle through this thread; one that is as it was at the look
 * before is a deadlock, and is printed, once in a process: every thread's
 * lock and stack. before: 0 at first, kept from look to look.
 */
void deadlock_look_again(struct thread_block *self, uint64_t *before);

#endif
