/*
 * preload/timer/timer_sampler.h - what the program's hooks report to the
 * sampler.
 *
 * Errors     none: without a sampler these functions do nothing.
 * Threads    any.
 * Signals    not to be called in a signal handler.
 * Read next  preload/thread_hooks.c and preload/stack/loader_hooks.c, which
 *            call these functions.
 */
#ifndef PRELOAD_TIMER_TIMER_SAMPLER_H
#define PRELOAD_TIMER_TIMER_SAMPLER_H

#include <stdbool.h>

bool timer_sampler_is_active(void);

/*
 * To be called by each new thread. stack_start is the address of its first
 * frame.
 */
void timer_sampler_thread_begin(const void *stack_start);

/* From now on the calling thread is in that stage; "": in none. */
void timer_sampler_stage(const char *name);

/*
 * To be called before the program confines itself. From then on a system call
 * of the sampler might kill the program, so sampling ends.
 */
void timer_sampler_confine(void);

/* To be called before a library is unloaded: saves what is mapped now. */
void timer_sampler_maps_change(void);

#endif
