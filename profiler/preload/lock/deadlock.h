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

/*
 * A circle through this thread, as it stood when looked at: to be believed
 * when the next look finds the same. 0: none.
 */
uint64_t deadlock_look(const struct thread_block *self);

/* Prints it, once in a process: every thread's lock and stack. */
void deadlock_tell(struct thread_block *self);

#endif
