/*
 * utf8.c - check UTF-8, and make it of escapes.
 */
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>

static bool is_surrogate(uint32_t code)
{
	return code >= 0xd800 && code <= 0xdfff;
}

size_t utf8_sequence(const char *at, const char *end)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)*at;
	size_t bytes_count = first >= 0xf0   ? 4
			     : first >= 0xe0 ? 3
			     : first >= 0xc0 ? 2
					     : 0;
	uint32_t code;

	if (!bytes_count || first > 0xf4 || (size_t)(end - at) < bytes_count)
		return 0;
	code = first & (0x7fu >> bytes_count);
	for (size_t i = 1; i < bytes_count; i++) {
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)at[i] & 0x3f);
	}
	return code < smallest[bytes_count] || code > 0x10ffff ||
			       is_surrogate(code)
		       ? 0
		       : bytes_count;
}

/* Four hexadecimal digits, or a number above 16 bits. */
static uint32_t read_hex(const char *at, const char *end)
{
	uint32_t code = 0;

	if (end - at < 4)
		return UINT32_MAX;
	for (int i = 0; i < 4; i++) {
		char c = at[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return UINT32_MAX;
		code = code << 4 | (uint32_t)digit;
	}
	return code;
}

static void write_code(uint32_t code, char **out)
{
	int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};

	*(*out)++ = (char)(marks[more] | code >> (6 * more));
	while (more--)
		*(*out)++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
}

const char *utf8_from_escape(const char *at, const char *end, char **out)
{
	uint32_t code = read_hex(at, end);
	uint32_t low;

	if (code == 0 || code == UINT32_MAX)
		return NULL;
	at += 4;
	if (is_surrogate(code)) {
		if (code >= 0xdc00 || end - at < 6 || at[0] != '\\' ||
		    at[1] != 'u')
			return NULL;
		low = read_hex(at + 2, end);
		if (low < 0xdc00 || low > 0xdfff)
			return NULL;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		at += 6;
	}
	write_code(code, out);
	return at;
}
