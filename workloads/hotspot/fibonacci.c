/*
 * fibonacci.c - the prize code by the definition of the sequence.
 */
#include "fibonacci.h"

uint64_t fibonacci(uint32_t index)
{
	if (index < 2)
		return index;
	return fibonacci(index - 1) + fibonacci(index - 2);
}
