/*
 * line_digest.h - 64 bits that stand for all values of a line, in order.
 *
 * Whoever parses, feeds it the same: the kind of each value, the key where it
 * has one, then its number or text; an array or object, its members and END.
 */
#ifndef PARSER_LINE_DIGEST_H
#define PARSER_LINE_DIGEST_H

#include "value.h"

#include <string.h>

#define DIGEST_END     0xffu
#define DIGEST_REFUSED 0xbadu

static inline uint64_t digest_number(uint64_t digest, uint64_t number)
{
	digest = (digest ^ number) * 0x9e3779b97f4a7c15ull;
	return digest ^ (digest >> 29);
}

static inline uint64_t digest_real(uint64_t digest, double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return digest_number(digest, bits);
}

static inline uint64_t digest_text(uint64_t digest, const char *bytes,
				   size_t bytes_count)
{
	uint64_t word = 0;

	digest = digest_number(digest, bytes_count);
	for (; bytes_count >= 8; bytes += 8, bytes_count -= 8) {
		memcpy(&word, bytes, 8);
		digest = digest_number(digest, word);
	}
	word = 0;
	memcpy(&word, bytes, bytes_count);
	return digest_number(digest, word);
}

#endif
