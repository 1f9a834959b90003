/*
 * preload/timer/timer_sampler.h - what the program's hooks report to the
 * sampler.
 *
 * Signals    none of it may be called in a handler.
 * Read next  preload/thread_hooks.c and preload/stack/loader_hooks.c, which
 *            tell it.
 */
#ifndef PRELOAD_TIMER_TIMER_SAMPLER_H
#define PRELOAD_TIMER_TIMER_SAMPLER_H

#include <stdbool.h>

bool timer_sampler_is_active(void);

/* By a new thread itself; stack_start: the address of its first frame. */
void timer_sampler_thread_begin(const void *stack_start);

/* This thread is in that stage now; "": in none. */
void timer_sampler_stage(const char *name);

/* From now on the program may die of what a sample takes. */
void timer_sampler_confine(void);

/* Code is about to go. */
void timer_sampler_maps_change(void);

#endif
