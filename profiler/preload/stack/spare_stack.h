/*
 * preload/stack/spare_stack.h - room for what needs more stack than a thread
 * of the program may have left.
 *
 * A hook is called at any depth, on stacks of 16 KiB and less. Reading files
 * and printing need buffers of a path or a page: such work is done on a stack
 * of the library's own, while the program's signals wait. They have to: a
 * handler could ask where the stack of its thread ends (collectors of garbage
 * do), or want more room than there is here.
 *
 * Errors     none: without memory, or where a filter forbids the system calls,
 *            the work is done on the caller's stack.
 * Threads    any, at once; a few have a stack each, and the rest their own.
 * Signals    may be called in a handler.
 * Cost       two system calls: not for what every allocation does.
 */
#ifndef PRELOAD_STACK_SPARE_STACK_H
#define PRELOAD_STACK_SPARE_STACK_H

void spare_stack_call(void (*work)(void *argument), void *argument);

/* In a forked child: whoever else was on one of them is not here. */
void spare_stack_restart(void);

#endif
