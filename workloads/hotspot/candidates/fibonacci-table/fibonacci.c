/*
 * fibonacci.c - the prize code looked up: what was asked before is kept.
 */
#include "fibonacci.h"

#define KEPT_COUNT 94

uint64_t fibonacci(uint32_t index)
{
	static uint64_t kept[KEPT_COUNT];

	if (index < 2)
		return index;
	if (!kept[index])
		kept[index] = fibonacci(index - 1) + fibonacci(index - 2);
	return kept[index];
}
