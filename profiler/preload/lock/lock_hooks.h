/*
 * preload/lock/lock_hooks.h - switch the lock timer on.
 *
 * Read next  preload/lock/lock_hooks.c
 */
#ifndef PRELOAD_LOCK_LOCK_HOOKS_H
#define PRELOAD_LOCK_LOCK_HOOKS_H

/* Before track_plan.with_locks is set. */
void lock_hooks_open(void);

#endif
