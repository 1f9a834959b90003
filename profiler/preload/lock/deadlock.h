/*
 * preload/lock/deadlock.h - find threads that wait for each other in a circle.
 *
 * Threads    a thread that has been waiting for a while calls this; it reads
 *            from the arena what the other threads wait for.
 * Read next  preload/lock/lock_wait.h
 */
#ifndef PRELOAD_LOCK_DEADLOCK_H
#define PRELOAD_LOCK_DEADLOCK_H

#include "shared_memory/arena_layout.h"
#include <stdint.h>
#include <time.h>

/* When a waiting thread should look next, on CLOCK_MONOTONIC. */
struct timespec deadlock_next_look(void);

/*
 * Looks for a circle through this thread. A circle that is the same in two
 * looks one after the other is a deadlock. The first deadlock in a process is
 * printed: the lock and the call stack of each of its threads.
 * *before is 0 at the first look of a wait, and is kept for the next look.
 */
void deadlock_look_again(struct thread_block *self, uint64_t *before);

#endif
