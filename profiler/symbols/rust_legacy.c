/* Decodes Rust's older symbol names. */
#include "symbols/rust_legacy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HASH_DIGITS 16

/* One part of the path: its bytes in the name. */
struct part {
	const char *text;
	size_t size;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads a part such as "4path"; false where none begins. */
static bool next_part(const char **at, struct part *part)
{
	size_t size = 0;

	if (!is_digit(**at))
		return false;
	for (; is_digit(**at) && size < 100000; ++*at)
		size = size * 10 + (size_t)(**at - '0');
	if (!size || strnlen(*at, size) < size)
		return false;
	*part = (struct part){*at, size};
	*at += size;
	return true;
}

static bool is_hash(const struct part *part)
{
	if (part->size != HASH_DIGITS + 1 || *part->text != 'h')
		return false;
	for (size_t i = 1; i < part->size; i++)
		if (hex_value(part->text[i]) < 0)
			return false;
	return true;
}

/* A control character in a name could attack a terminal. */
static bool is_character(uint32_t code)
{
	return code >= 0x20 && (code < 0x7f || code > 0x9f) &&
	       code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

/* At most four bytes; never longer than its "$u..$". */
static char *put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
		return out;
	}
	if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*out++ = (char)(0xe0 | code >> 12);
		} else {
			*out++ = (char)(0xf0 | code >> 18);
			*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (code & 0x3f));
	return out;
}

static bool read_code(const char *digits, size_t count, uint32_t *code)
{
	*code = 0;
	if (!count || count > 6)
		return false;
	for (size_t i = 0; i < count; i++) {
		int value = hex_value(digits[i]);

		if (value < 0)
			return false;
		*code = *code << 4 | (uint32_t)value;
	}
	return is_character(*code);
}

static const struct {
	char name[3];
	char shown;
} escapes[] = {{"SP", '@'}, {"BP", '*'}, {"RF", '&'}, {"LT", '<'},
	       {"GT", '>'}, {"LP", '('}, {"RP", ')'}, {"C", ','}};

/*
 * Writes the character of the escape between two dollars; NULL: an unknown
 * escape.
 */
static char *put_escape(char *out, const char *text, size_t size)
{
	uint32_t code;

	for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++)
		if (strlen(escapes[i].name) == size &&
		    !memcmp(escapes[i].name, text, size)) {
			*out++ = escapes[i].shown;
			return out;
		}
	if (*text != 'u' || !read_code(text + 1, size - 1, &code))
		return NULL;
	return put_utf8(out, code);
}

/* The bytes that one escape or character takes. */
static size_t put_one(char **out, const char *at, const char *end)
{
	const char *close =
		*at == '$' ? memchr(at + 1, '$', (size_t)(end - at - 1)) : NULL;
	char *after = close ? put_escape(*out, at + 1, (size_t)(close - at - 1))
			    : NULL;

	if (after) {
		*out = after;
		return (size_t)(close + 1 - at);
	}
	if (end - at > 1 && at[0] == '.' && at[1] == '.') {
		*(*out)++ = ':';
		*(*out)++ = ':';
		return 2;
	}
	*(*out)++ = *at;
	return 1;
}

static char *put_part(char *out, const struct part *part)
{
	const char *at = part->text, *end = at + part->size;

	/* The underscore lets an identifier begin with an escape. */
	if (part->size > 1 && at[0] == '_' && at[1] == '$')
		at++;
	while (at < end)
		at += put_one(&out, at, end);
	return out;
}

char *clinic_rust_legacy_demangle(const char *name)
{
	struct part part = {0}, next;
	const char *at;
	char *text, *out;

	if (strncmp(name, "_ZN", 3))
		return NULL;
	at = name + 3;
	/* No escape is shorter than what it stands for; "::" replaces a
	 * part's length, of one digit at least, and one more is spare. */
	text = out = malloc(2 * strlen(name) + 1);
	if (!text)
		return NULL;
	while (next_part(&at, &next)) {
		if (out != text) {
			*out++ = ':';
			*out++ = ':';
		}
		if (part.size)
			out = put_part(out, &part);
		part = next;
	}
	*out = '\0';
	/* The text after a dot was added by the back end of the compiler. */
	if (out != text && is_hash(&part) && *at == 'E' &&
	    (!at[1] || at[1] == '.'))
		return text;
	free(text);
	return NULL;
}
