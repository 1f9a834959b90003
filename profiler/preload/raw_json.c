/* Writes JSON through a buffer on the stack and write(2). */
#include "preload/raw_json.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

int raw_json_flush(struct raw_json *json)
{
	size_t done = 0;

	while (!json->error && done < json->used) {
		ssize_t wrote =
			write(json->fd, json->buffer + done, json->used - done);

		if (wrote >= 0)
			done += (size_t)wrote;
		else if (errno != EINTR)
			json->error = errno;
	}
	json->used = 0;
	return -json->error;
}

static void put(struct raw_json *json, const char *bytes, size_t length)
{
	while (length) {
		size_t room = sizeof(json->buffer) - json->used;
		size_t part = length < room ? length : room;

		memcpy(json->buffer + json->used, bytes, part);
		json->used += part;
		bytes += part;
		length -= part;
		if (json->used == sizeof(json->buffer))
			raw_json_flush(json);
	}
}

static void put_escaped(struct raw_json *json, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

	put(json, text, sizeof(text));
}

/* Length of the UTF-8 character at text; 0: it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text)
{
	unsigned char lead = text[0];
	size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	unsigned char low = 0x80, high = 0xbf;

	if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4)
		return 0;
	if (lead == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (lead == 0xed)
		high = 0x9f; /* surrogates */
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	for (size_t i = 1; i < length; i++, low = 0x80, high = 0xbf)
		if (text[i] < low || text[i] > high)
			return 0;
	return length;
}

static void put_string(struct raw_json *json, const char *text)
{
	put(json, "\"", 1);
	while (*text) {
		unsigned char byte = (unsigned char)*text;
		size_t length = utf8_length((const unsigned char *)text);

		if (!length)
			put(json, "\xef\xbf\xbd", 3);
		else if (byte < ' ' || byte == '"' || byte == '\\' ||
			 byte == 0x7f)
			put_escaped(json, byte);
		else
			put(json, text, length);
		text += length ? length : 1;
	}
	put(json, "\"", 1);
}

static void put_key(struct raw_json *json, const char *key)
{
	if (json->need_comma)
		put(json, ",", 1);
	json->need_comma = true;
	if (!key)
		return;
	put(json, "\n", 1);
	put_string(json, key);
	put(json, ":", 1);
}

void raw_json_open(struct raw_json *json, const char *key, char bracket)
{
	put_key(json, key);
	put(json, &bracket, 1);
	json->need_comma = false;
}

void raw_json_close(struct raw_json *json, char bracket)
{
	put(json, &bracket, 1);
	json->need_comma = true;
}

void raw_json_count(struct raw_json *json, const char *key, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	put_key(json, key);
	put(json, digits + at, sizeof(digits) - at);
}

void raw_json_bool(struct raw_json *json, const char *key, bool value)
{
	put_key(json, key);
	put(json, value ? "true" : "false", value ? 4 : 5);
}

void raw_json_text(struct raw_json *json, const char *key, const char *value)
{
	put_key(json, key);
	if (value)
		put_string(json, value);
	else
		put(json, "null", 4);
}
