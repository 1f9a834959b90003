/*
 * primality.c - trial division by 2 and every odd number up to the square root.
 */
#include "primality.h"

bool is_prime(uint32_t number)
{
	if (number < 2 || number % 2 == 0)
		return number == 2;
	for (uint64_t divisor = 3; divisor * divisor <= number; divisor += 2)
		if (number % divisor == 0)
			return false;
	return true;
}
