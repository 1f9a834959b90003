/*
 * fibonacci.h - the prize code of a draw.
 *
 * Threads    any number at once.
 */
#ifndef HOTSPOT_FIBONACCI_H
#define HOTSPOT_FIBONACCI_H

#include <stdint.h>

/* 0, 1, 1, 2, 3, 5 ... for index 0, 1, 2, 3, 4, 5 ..., up to index 93. */
uint64_t fibonacci(uint32_t index);

#endif
