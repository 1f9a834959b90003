/*
 * scan.c - plain bytes, 32 or 16 at a step where the processor can; it is
 * asked at run time, and the portable way is always there.
 */
#include "scan.h"

#include <stdbool.h>
#include <stdint.h>

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static const char *scan_bytes(const char *at, const char *end)
{
	while (at < end && is_plain((unsigned char)*at))
		at++;
	return at;
}

#ifdef __x86_64__
#include <immintrin.h>

/* As signed bytes, control characters and what is no ASCII are below 0x20. */
static const char *scan_16(const char *at, const char *end)
{
	for (; end - at >= 16; at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)at);
		__m128i found = _mm_or_si128(
			_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
			_mm_or_si128(
				_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
				_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
		uint32_t mask = (uint32_t)_mm_movemask_epi8(found);

		if (mask)
			return at + __builtin_ctz(mask);
	}
	return scan_bytes(at, end);
}

__attribute__((target("avx2"))) static const char *scan_32(const char *at,
							   const char *end)
{
	for (; end - at >= 32; at += 32) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)at);
		__m256i found = _mm256_or_si256(
			_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes),
			_mm256_or_si256(
				_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')),
				_mm256_cmpeq_epi8(bytes,
						  _mm256_set1_epi8('\\'))));
		uint32_t mask = (uint32_t)_mm256_movemask_epi8(found);

		if (mask)
			return at + __builtin_ctz(mask);
	}
	return scan_16(at, end);
}

const char *scan_plain(const char *at, const char *end)
{
	return __builtin_cpu_supports("avx2") ? scan_32(at, end)
					      : scan_16(at, end);
}
#else
const char *scan_plain(const char *at, const char *end)
{
	return scan_bytes(at, end);
}
#endif
