/*
 * fnv_checksum.h - the work that is timed: one multiplication a byte, each of
 * which needs the result of the one before.
 *
 * In a header, as small functions are: the compiler sees it wherever it is
 * called.
 */
#ifndef PITFALLS_FNV_CHECKSUM_H
#define PITFALLS_FNV_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_START 2166136261u

/* FNV-1a, 32 bits. */
static inline uint32_t checksum_step(uint32_t sum, uint8_t byte)
{
	return (sum ^ byte) * 16777619u;
}

static inline uint32_t checksum(const uint8_t *bytes, size_t count)
{
	uint32_t sum = CHECKSUM_START;

	for (size_t i = 0; i < count; i++)
		sum = checksum_step(sum, bytes[i]);
	return sum;
}

/* Of its four bytes, the lowest first. */
static inline uint32_t checksum_of_number(uint32_t number)
{
	uint32_t sum = checksum_step(CHECKSUM_START, (uint8_t)number);

	sum = checksum_step(sum, (uint8_t)(number >> 8));
	sum = checksum_step(sum, (uint8_t)(number >> 16));
	return checksum_step(sum, (uint8_t)(number >> 24));
}

#endif
