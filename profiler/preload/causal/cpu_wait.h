/*
 * preload/causal/cpu_wait.h - how long a thread was ready to run and had no
 * CPU.
 *
 * Such a wait is in no share of the CPU time, so that a speed-up seems smaller
 * on a busy machine.
 *
 * Errors     0: the kernel does not tell.
 * Signals    may be called in a handler.
 */
#ifndef PRELOAD_CAUSAL_CPU_WAIT_H
#define PRELOAD_CAUSAL_CPU_WAIT_H

#include <stdint.h>

/* Of the calling thread, since it began. */
uint64_t cpu_wait_ns(void);

#endif
