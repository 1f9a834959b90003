/* Reads JSON text as a stream of tokens, once, from its beginning. */
#include "session/json_pull.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "foundation/growing_array.h"
#include "foundation/input_file.h"

enum {
	BUFFER_BYTES = 256 << 10,
	TEXT_BYTES_MAX = 16 << 20,
};

int clinic_json_open(struct clinic_json *json, const char *path)
{
	*json = (struct clinic_json){0};
	json->buffer = malloc(BUFFER_BYTES);
	if (!json->buffer)
		return -ENOMEM;
	json->file = clinic_input_open(path);
	if (!json->file) {
		int error = errno ? -errno : -ENOMEM;

		clinic_json_close(json);
		return error;
	}
	gzbuffer(json->file, BUFFER_BYTES);
	return 0;
}

void clinic_json_memory(struct clinic_json *json, const char *text,
			size_t length)
{
	*json = (struct clinic_json){
		.at = text, .end = text + length, .offset = length};
}

void clinic_json_close(struct clinic_json *json)
{
	if (json->file)
		gzclose(json->file);
	free(json->buffer);
	free(json->text);
	json->file = NULL;
	json->buffer = NULL;
	json->text = NULL;
}

uint64_t clinic_json_offset(const struct clinic_json *json)
{
	return json->offset - (uint64_t)(json->end - json->at);
}

bool clinic_json_fail(struct clinic_json *json, int error)
{
	if (!json->error)
		json->error = error;
	return false;
}

static int file_error(struct clinic_json *json)
{
	int code = Z_OK;

	gzerror(json->file, &code);
	if (code == Z_OK || code == Z_STREAM_END)
		return 0;
	return code == Z_ERRNO && errno ? -errno : -EBADMSG;
}

/* Reads more of the file. False at its end, and after an error. */
static bool refill(struct clinic_json *json)
{
	int got;

	if (!json->file || json->error)
		return false;
	got = gzread(json->file, json->buffer, BUFFER_BYTES);
	if (got < 0)
		return clinic_json_fail(json, file_error(json));
	json->at = json->buffer;
	json->end = json->buffer + got;
	json->offset += (uint64_t)got;
	if (clinic_input_is_bloated(json->file, json->offset))
		return clinic_json_fail(json, -EFBIG);
	return got > 0;
}

/* The next byte, which is not consumed; -1 at the end. */
static int peek(struct clinic_json *json)
{
	if (json->at == json->end && !refill(json)) {
		json->has_ended = !json->error;
		return -1;
	}
	return (unsigned char)*json->at;
}

static int next(struct clinic_json *json)
{
	int byte = peek(json);

	if (byte >= 0)
		json->at++;
	return byte;
}

static int skip_space(struct clinic_json *json)
{
	int byte;

	while ((byte = peek(json)) == ' ' || byte == '\n' || byte == '\t' ||
	       byte == '\r')
		json->at++;
	return byte;
}

bool clinic_json_accept(struct clinic_json *json, char symbol)
{
	if (json->error || skip_space(json) != symbol)
		return false;
	json->at++;
	return true;
}

bool clinic_json_expect(struct clinic_json *json, char symbol)
{
	return clinic_json_accept(json, symbol) ||
	       clinic_json_fail(json, -EBADMSG);
}

bool clinic_json_next(struct clinic_json *json, char closing, bool *first)
{
	if (json->error || clinic_json_accept(json, closing))
		return false;
	if (!*first && !clinic_json_expect(json, ','))
		return false;
	*first = false;
	return !json->error;
}

bool clinic_json_end(struct clinic_json *json)
{
	if (skip_space(json) >= 0)
		return clinic_json_fail(json, -EBADMSG);
	/* gzread returns the last bytes of a cut file without an error. */
	if (!json->error && json->file && file_error(json))
		return clinic_json_fail(json, file_error(json));
	return !json->error;
}

static bool put(struct clinic_json *json, char byte)
{
	char *text = json->text;

	if (json->text_length + 2 > TEXT_BYTES_MAX)
		return clinic_json_fail(json, -EFBIG);
	text = clinic_grow_by(text, json->text_length, 2, &json->text_capacity,
			      1);
	if (!text)
		return clinic_json_fail(json, -ENOMEM);
	json->text = text;
	json->text[json->text_length++] = byte;
	return true;
}

static bool put_utf8(struct clinic_json *json, uint32_t code)
{
	if (code < 0x80)
		return put(json, (char)code);
	if (code < 0x800)
		return put(json, (char)(0xc0 | code >> 6)) &&
		       put(json, (char)(0x80 | (code & 0x3f)));
	if (code < 0x10000)
		return put(json, (char)(0xe0 | code >> 12)) &&
		       put(json, (char)(0x80 | (code >> 6 & 0x3f))) &&
		       put(json, (char)(0x80 | (code & 0x3f)));
	return put(json, (char)(0xf0 | code >> 18)) &&
	       put(json, (char)(0x80 | (code >> 12 & 0x3f))) &&
	       put(json, (char)(0x80 | (code >> 6 & 0x3f))) &&
	       put(json, (char)(0x80 | (code & 0x3f)));
}

static bool hex4(struct clinic_json *json, uint32_t *code)
{
	static const char digits[] = "0123456789abcdef";

	*code = 0;
	for (int i = 0; i < 4; i++) {
		int byte = next(json);
		const char *digit = byte > 0 ? strchr(digits, byte | 0x20)
					     : NULL;

		if (!digit || !*digit)
			return clinic_json_fail(json, -EBADMSG);
		*code = *code << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

/* Reads \uXXXX; a code point above U+FFFF is written as two of them. */
static bool unicode_escape(struct clinic_json *json)
{
	uint32_t code;
	uint32_t low;

	if (!hex4(json, &code))
		return false;
	if (code >= 0xd800 && code < 0xdc00) {
		/* Each call reads one byte more. */
		/* NOLINTNEXTLINE(misc-redundant-expression) */
		if (next(json) != '\\' || next(json) != 'u')
			return clinic_json_fail(json, -EBADMSG);
		if (!hex4(json, &low))
			return false;
		if (low < 0xdc00 || low >= 0xe000)
			return clinic_json_fail(json, -EBADMSG);
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	/* A NUL would end the C string early. */
	return put_utf8(json, code ? code : 0xfffd);
}

static bool escape(struct clinic_json *json)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	int byte = next(json);
	const char *known;

	if (byte == 'u')
		return unicode_escape(json);
	known = byte > 0 ? strchr(from, byte) : NULL;
	if (!known)
		return clinic_json_fail(json, -EBADMSG);
	return put(json, to[known - from]);
}

bool clinic_json_string(struct clinic_json *json)
{
	int byte;

	json->text_length = 0;
	if (!clinic_json_expect(json, '"'))
		return false;
	while ((byte = next(json)) != '"') {
		if (byte < ' ')
			return clinic_json_fail(json, -EBADMSG);
		if (!(byte == '\\' ? escape(json) : put(json, (char)byte)))
			return false;
	}
	if (!put(json, '\0'))
		return false;
	json->text_length--;
	return true;
}

bool clinic_json_integer(struct clinic_json *json, bool *negative,
			 uint64_t *magnitude)
{
	uint64_t value = 0;
	unsigned int digits = 0;
	int byte;

	*negative = clinic_json_accept(json, '-');
	skip_space(json);
	while ((byte = peek(json)) >= '0' && byte <= '9') {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(byte - '0'),
					   &value))
			return clinic_json_fail(json, -EBADMSG);
		json->at++;
		digits++;
	}
	*magnitude = value;
	if (!digits || byte == '.' || byte == 'e' || byte == 'E')
		return clinic_json_fail(json, -EBADMSG);
	return !json->error;
}
