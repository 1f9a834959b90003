/*
 * fibonacci.c - the prize code by adding the last two, from the start.
 */
#include "fibonacci.h"

uint64_t fibonacci(uint32_t index)
{
	uint64_t now = 0;
	uint64_t next = 1;

	while (index--) {
		uint64_t sum = now + next;

		now = next;
		next = sum;
	}
	return now;
}
