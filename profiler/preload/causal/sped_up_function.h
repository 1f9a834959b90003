/*
 * preload/causal/sped_up_function.h - whether a thread is running the function
 * that a plan speeds up.
 *
 * A thread runs it if the function, or an inlined copy of it, is anywhere on
 * the thread's stack. On a stack that the program has made itself, only the
 * innermost frame is known.
 *
 * Errors     -errno; -ENXIO: the planned file is not loaded.
 * Threads    open once, before there are others.
 * Signals    sped_up_function_is_running is called in a handler.
 * Read next  shared_memory/causal_layout.h; unwind/unwind.h
 */
#ifndef PRELOAD_CAUSAL_SPED_UP_FUNCTION_H
#define PRELOAD_CAUSAL_SPED_UP_FUNCTION_H

#include <stdbool.h>

struct causal_plan;

/* The plan stays in use. */
int sped_up_function_open(const struct causal_plan *plan);

/* Gets memory for the walks of the calling thread. */
void sped_up_function_begin_thread(void);
void sped_up_function_end_thread(void);

/* context: the third argument of a signal's handler. */
bool sped_up_function_is_running(const void *context);

#endif
