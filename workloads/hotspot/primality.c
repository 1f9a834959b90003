/*
 * primality.c - trial division by every number up to the square root.
 */
#include "primality.h"

bool is_prime(uint32_t number)
{
	if (number < 2)
		return false;
	for (uint64_t divisor = 2; divisor * divisor <= number; divisor++)
		if (number % divisor == 0)
			return false;
	return true;
}
