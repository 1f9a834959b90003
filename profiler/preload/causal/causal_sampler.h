/*
 * preload/causal/causal_sampler.h - what the program's hooks report to the
 * virtual speed-up.
 *
 * Only the program that SETTING_CAUSAL is meant for has one: a process in which
 * the planned file is loaded when it starts. A forked child has none.
 *
 * Errors     none: without a virtual speed-up these functions do nothing.
 * Threads    any.
 * Read next  virtual_time.h, the accounting; causal_locks.h, the waits.
 */
#ifndef PRELOAD_CAUSAL_CAUSAL_SAMPLER_H
#define PRELOAD_CAUSAL_CAUSAL_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the environment asks for a virtual speed-up. */
bool causal_is_wanted(void);

/* taken_ns: virtual_time_taken_ns() of the creator when it made the thread. */
void causal_thread_begin(uint64_t taken_ns);

/* The calling thread has begun that stage. */
void causal_stage(const char *name);

/* To be called before the program confines itself: the speed-up ends. */
void causal_confine(void);

/* To be called by the thread that ends the process. */
void causal_process_end(void);

#endif
