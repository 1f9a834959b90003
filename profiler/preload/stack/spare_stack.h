/*
 * preload/stack/spare_stack.h - call a function on a stack of this library.
 *
 * A hook is called at any depth, on stacks of 16 KiB and less. Reading files
 * and printing need buffers of a path or a page, for which the thread of the
 * program may have no room. The program's signals are blocked meanwhile: a
 * handler might ask where the stack of its thread ends, as garbage collectors
 * do, or need more room than there is on this stack.
 *
 * Errors     none: without memory, or where a filter forbids the system calls,
 *            the function is called on the caller's stack.
 * Threads    any. There are a few stacks; when all of them are in use, a thread
 *            uses its own stack.
 * Signals    may be called in a handler.
 * Cost       two system calls: too many for every allocation.
 */
#ifndef PRELOAD_STACK_SPARE_STACK_H
#define PRELOAD_STACK_SPARE_STACK_H

void spare_stack_call(void (*work)(void *argument), void *argument);

/* To be called in a forked child, where no other thread uses these stacks. */
void spare_stack_restart(void);

#endif
