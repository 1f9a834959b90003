/*
 * preload/thread_number.h - the calling thread's number, as the kernel has it.
 *
 * Signals    safe in handlers.
 */
#ifndef PRELOAD_THREAD_NUMBER_H
#define PRELOAD_THREAD_NUMBER_H

#include <stdint.h>

uint32_t thread_number(void);

#endif
