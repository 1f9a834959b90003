/*
 * scan.c - plain bytes, eight at a step, on every machine.
 */
#include "scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* The top bit of each byte that is 0; others may follow the first. */
static uint64_t zeros(uint64_t word)
{
	return (word - EACH(0x01)) & ~word & EACH(0x80);
}

static bool all_plain(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return !((word & EACH(0x80)) | zeros(word ^ EACH('"')) |
		 zeros(word ^ EACH('\\')) |
		 ((word - EACH(0x20)) & ~word & EACH(0x80)));
}

const char *scan_plain(const char *at, const char *end)
{
	while (end - at >= 8 && all_plain(at))
		at += 8;
	while (at < end && is_plain((unsigned char)*at))
		at++;
	return at;
}
