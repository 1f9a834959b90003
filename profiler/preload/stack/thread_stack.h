/*
 * preload/stack/thread_stack.h - the bounds of the calling thread's stack.
 *
 * pthread_getattr_np takes a lock of the thread, and allocates while it holds
 * it. If the hook of malloc called it there, the thread would wait for itself.
 * So the bounds are noted when the thread begins, or read from /proc/self/maps.
 *
 * Threads    each thread asks for its own stack.
 * Read next  preload/thread_hooks.c, which notes the bounds.
 */
#ifndef PRELOAD_STACK_THREAD_STACK_H
#define PRELOAD_STACK_THREAD_STACK_H

#include <stdint.h>

struct thread_stack {
	uint64_t low, high; /* both 0: not known */
};

/* To be called by the first thread, once, before there are others. */
void thread_stack_open(void);

/* To be called by a new thread: stack is what is known of its bounds. */
void thread_stack_begin(struct thread_stack stack);

/*
 * The bounds of the calling thread's stack. `here` is the address of a frame:
 * if it is on another stack (of a signal or a coroutine), the bounds do not
 * include it.
 */
struct thread_stack thread_stack_around(uint64_t here);

#endif
