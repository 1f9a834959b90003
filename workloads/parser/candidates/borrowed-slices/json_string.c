/*
 * json_string.c - a plain string is where it stands; others are decoded into a
 * copy.
 */
#include "json_string.h"

#include "scan.h"
#include "utf8.h"

#include <string.h>

/* The closing quote, or NULL. */
static const char *find_close(const char *at, const char *end)
{
	while ((at = scan_plain(at, end)) < end) {
		if (*at == '"')
			return at;
		at += *at == '\\' ? 2 : 1;
		if (at > end)
			return NULL;
	}
	return NULL;
}

/* A letter that stands for a character, or 0. */
static char unescaped(char letter)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char characters[] = "\"\\/\b\f\n\r\t";
	const char *found = letter ? strchr(letters, letter) : NULL;

	return found ? characters[found - letters] : 0;
}

/* at: behind the backslash. Moves *out; NULL for what is no escape. */
static const char *read_escape(const char *at, const char *close, char **out)
{
	char character = at < close ? unescaped(*at) : 0;

	if (!character)
		return at < close && *at == 'u'
			       ? utf8_from_escape(at + 1, close, out)
			       : NULL;
	*(*out)++ = character;
	return at + 1;
}

static const char *read_sequence(const char *at, const char *close, char **out)
{
	size_t bytes_count = utf8_sequence(at, close);

	if (!bytes_count)
		return NULL;
	memcpy(*out, at, bytes_count);
	*out += bytes_count;
	return at + bytes_count;
}

static const char *read_copy(struct document *document, const char *at,
			     const char *end, struct text *text)
{
	const char *close = find_close(at, end);
	char *bytes = close ? document_text(document, (size_t)(close - at) + 1)
			    : NULL;
	char *out = bytes;

	if (!bytes)
		return NULL;
	while (at && at < close) {
		const char *special = scan_plain(at, close);

		memcpy(out, at, (size_t)(special - at));
		out += special - at;
		at = special;
		if (at < close)
			at = *at == '\\' ? read_escape(at + 1, close, &out)
					 : read_sequence(at, close, &out);
	}
	*text = (struct text){bytes, (size_t)(out - bytes)};
	return at ? close + 1 : NULL;
}

const char *string_read(struct document *document, const char *at,
			const char *end, struct text *text)
{
	const char *close = scan_plain(at, end);

	if (close < end && *close == '"') {
		*text = (struct text){at, (size_t)(close - at)};
		return close + 1;
	}
	return read_copy(document, at, end, text);
}
