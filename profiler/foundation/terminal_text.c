/* Escapes characters that would control a terminal, in texts from outside. */
#include "foundation/terminal_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	COPIES = 8,
	ESCAPE_BYTES = sizeof("\\u202e") - 1, /* the longest */
};

/*
 * Returns the character at `text` and sets its length; length 0: it is no
 * UTF-8.
 */
static uint32_t decode(const char *text, size_t *bytes)
{
	const unsigned char *at = (const unsigned char *)text;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = *at < 0x80                   ? 1
			: *at >= 0xc2 && *at <= 0xdf ? 2
			: (*at & 0xf0) == 0xe0       ? 3
			: *at >= 0xf0 && *at <= 0xf4 ? 4
						     : 0;
	uint32_t character = length == 1 ? *at : *at & (0x7fu >> length);

	*bytes = 0;
	if (!length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (length > 1 && character < least[length])
		return 0;
	*bytes = length;
	return character;
}

static bool is_obeyed(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
	       character == 0x061c || character == 0x200e ||
	       character == 0x200f ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

/* How many bytes at the beginning of the text need no escape. */
static size_t plain_bytes(const char *text, bool keeps_tabs)
{
	size_t at = 0;

	while (text[at]) {
		size_t bytes;
		uint32_t character = decode(text + at, &bytes);

		if (!bytes || (is_obeyed(character) &&
			       !(character == '\t' && keeps_tabs)))
			break;
		at += bytes;
	}
	return at;
}

/* Writes one escape; returns how many bytes of the text it stands for. */
static size_t escape(const char *text, char *out)
{
	static const char named[] = "\a\b\t\n\v\f\r";
	const char *name;
	size_t bytes;
	uint32_t character = decode(text, &bytes);

	if (!bytes) {
		sprintf(out, "\\x%02x", (unsigned char)*text);
		return 1;
	}
	name = character < 0x20 ? strchr(named, (int)character) : NULL;
	if (name)
		sprintf(out, "\\%c", "abtnvfr"[name - named]);
	else
		sprintf(out, character < 0x80 ? "\\x%02x" : "\\u%04x",
			character);
	return bytes;
}

static const char *shown(const char *text, bool keeps_tabs)
{
	static _Thread_local char *copies[COPIES];
	static _Thread_local unsigned int turn;
	size_t plain = plain_bytes(text, keeps_tabs);
	char *out;
	char **copy;

	if (!text[plain])
		return text;
	copy = &copies[turn++ % COPIES];
	free(*copy);
	*copy = out = malloc(strlen(text) * ESCAPE_BYTES + 1);
	if (!out)
		return "(out of memory)";
	for (;;) {
		memcpy(out, text, plain);
		out += plain;
		text += plain;
		if (!*text)
			break;
		text += escape(text, out);
		out += strlen(out);
		plain = plain_bytes(text, keeps_tabs);
	}
	*out = '\0';
	return *copy;
}

const char *clinic_terminal_text(const char *text)
{
	return shown(text, false);
}

const char *clinic_terminal_line(const char *line)
{
	return shown(line, true);
}
