/*
 * preload/causal/causal_locks.h - the functions of locks during a virtual
 * speed-up.
 *
 * The hooks of locks call `real_lock`. These functions take the place of its
 * members: a thread that wakes another one first takes the delays that it owes,
 * and one that was woken is credited with those of its wait.
 *
 * Threads    to be called once, while the process has one thread.
 * Read next  virtual_time.h, the rules; lock/real_locks.h
 */
#ifndef PRELOAD_CAUSAL_CAUSAL_LOCKS_H
#define PRELOAD_CAUSAL_CAUSAL_LOCKS_H

struct real_locks;

void causal_locks_take_over(struct real_locks *locks);

#endif
