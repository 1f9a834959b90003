/*
 * scan.c - plain bytes, one after the other.
 */
#include "scan.h"

#include <stdbool.h>

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

const char *scan_plain(const char *at, const char *end)
{
	while (at < end && is_plain((unsigned char)*at))
		at++;
	return at;
}
