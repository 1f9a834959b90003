/*
 * primality.c - Fermat's test to base 2: fast, and right for nearly all.
 */
#include "primality.h"

bool is_prime(uint32_t number)
{
	uint64_t result = 1;
	uint64_t base = 2;

	if (number < 3)
		return number == 2;
	for (uint32_t exponent = number - 1; exponent; exponent >>= 1) {
		if (exponent & 1)
			result = result * base % number;
		base = base * base % number;
	}
	return result == 1;
}
