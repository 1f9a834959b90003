/*
 * hardening/proof/overflow_builtins.h - for Frama-C, what gcc's built-in
 * functions do that look for an overflow. Included before each proof.
 */
#ifndef CLINIC_PROOF_OVERFLOW_BUILTINS_H
#define CLINIC_PROOF_OVERFLOW_BUILTINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool proof_mul_overflow(uint64_t a, uint64_t b, uint64_t *product)
{
	*product = a * b;
	return b && a > UINT64_MAX / b;
}

static inline bool proof_add_overflow(uint64_t a, uint64_t b, uint64_t *sum)
{
	*sum = a + b;
	return a > UINT64_MAX - b;
}

#define __builtin_mul_overflow proof_mul_overflow
#define __builtin_add_overflow proof_add_overflow

#endif
