/*
 * preload/stack/thread_stack.h - between which addresses a thread's stack lies.
 *
 * pthread_getattr_np knows, but takes a lock of the thread and allocates
 * under it: called by a hook of malloc that it has itself come to, it waits
 * for itself. So the bounds are noted when the thread begins, or read from
 * /proc/self/maps.
 *
 * Threads    each asks for its own.
 * Read next  preload/thread_hooks.c, where threads begin.
 */
#ifndef PRELOAD_STACK_THREAD_STACK_H
#define PRELOAD_STACK_THREAD_STACK_H

#include <stdint.h>

struct thread_stack {
	uint64_t low, high; /* both 0: not known */
};

/* Of the first thread; once, before there are others. */
void thread_stack_open(void);

/* By a new thread: bytes that it was made with, below its first frame. */
void thread_stack_begin(struct thread_stack stack);

/* Of the calling thread, as far as `here`, a frame of it, lies in it. */
struct thread_stack thread_stack_around(uint64_t here);

#endif
