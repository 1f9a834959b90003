/*
 * primality.c - the Miller-Rabin test, exact for every 32-bit number.
 */
#include "primality.h"

#include <stddef.h>

static uint64_t power_modulo(uint64_t base, uint32_t exponent, uint32_t modulus)
{
	uint64_t result = 1;

	for (; exponent; exponent >>= 1) {
		if (exponent & 1)
			result = result * base % modulus;
		base = base * base % modulus;
	}
	return result;
}

/* number - 1 is odd << shift; true: base proves that number is no prime. */
static bool is_witness(uint32_t base, uint32_t number, uint32_t odd,
		       uint32_t shift)
{
	uint64_t power = power_modulo(base, odd, number);

	if (power == 1 || power == number - 1)
		return false;
	while (--shift) {
		power = power * power % number;
		if (power == number - 1)
			return false;
	}
	return true;
}

/*
 * Why these three: no composite below 4 759 123 141 passes all of them
 * (Jaeschke 1993).
 */
bool is_prime(uint32_t number)
{
	static const uint32_t bases[] = {2, 7, 61};
	uint32_t shift;

	if (number < 2 || number % 2 == 0)
		return number == 2;
	shift = (uint32_t)__builtin_ctz(number - 1);
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if (number == bases[i])
			return true;
		if (is_witness(bases[i], number, (number - 1) >> shift, shift))
			return false;
	}
	return true;
}
