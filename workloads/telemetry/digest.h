/*
 * digest.h - 64 bits that stand for all that was sent, in order.
 *
 * Eight bytes at a time: it is the pipeline's answer, and must not be what
 * the pipeline's time is spent on.
 */
#ifndef TELEMETRY_DIGEST_H
#define TELEMETRY_DIGEST_H

#include "wire.h"

#include <stddef.h>
#include <stdint.h>

static inline uint64_t digest_word(uint64_t digest, uint64_t word)
{
	digest = (digest ^ word) * 0x9e3779b97f4a7c15ull;
	return digest ^ (digest >> 29);
}

static inline uint64_t digest_bytes(uint64_t digest, const uint8_t *bytes,
				    size_t bytes_count)
{
	uint64_t tail = bytes_count;

	for (; bytes_count >= 8; bytes_count -= 8, bytes += 8)
		digest = digest_word(digest, get_u64(bytes));
	for (size_t i = 0; i < bytes_count; i++)
		tail = tail << 8 | bytes[i];
	return digest_word(digest, tail);
}

#endif
