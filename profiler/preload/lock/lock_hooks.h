/*
 * preload/lock/lock_hooks.h - prepare the hooks of locks.
 *
 * Threads    to be called once, while the process has one thread.
 * Read next  preload/lock/lock_hooks.c
 */
#ifndef PRELOAD_LOCK_LOCK_HOOKS_H
#define PRELOAD_LOCK_LOCK_HOOKS_H

/* Looks up the real functions. Must be called before track_open. */
void lock_hooks_open(void);

#endif
