/* Keeps each text once, in chunks of memory that never move. */
#include "foundation/string_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

enum { CHUNK_BYTES = 64 << 10 };

struct clinic_text_chunk {
	struct clinic_text_chunk *older;
	size_t used;
	size_t size;
	char bytes[];
};

static int reserve_row(struct clinic_string_table *texts)
{
	size_t before = texts->capacity;
	struct clinic_text *row;

	if (texts->count < texts->capacity)
		return 0;
	if (texts->count >= CLINIC_ROWS_MAX)
		return -EFBIG;
	row = clinic_grow(texts->row, texts->count, &texts->capacity,
			  sizeof(*row));
	if (!row)
		return -ENOMEM;
	texts->held_bytes += (texts->capacity - before) * sizeof(*row);
	texts->row = row;
	return 0;
}

static char *reserve_bytes(struct clinic_string_table *texts, size_t length)
{
	struct clinic_text_chunk *chunk = texts->chunk;
	size_t size = length > CHUNK_BYTES ? length : CHUNK_BYTES;

	if (chunk && chunk->size - chunk->used >= length)
		return chunk->bytes + chunk->used;
	chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	*chunk =
		(struct clinic_text_chunk){.older = texts->chunk, .size = size};
	texts->chunk = chunk;
	texts->held_bytes += size;
	return chunk->bytes;
}

/*
 * The length of the UTF-8 sequence at `text`; 0 if it is none. Overlong forms,
 * surrogates and code points above U+10FFFF are not UTF-8 (RFC 3629).
 */
static size_t sequence_length(const unsigned char *text, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = text[0] < 0x80   ? 1
			: text[0] < 0xc0 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf8 ? 4
					 : 0;
	uint32_t code;

	if (length <= 1 || length > left)
		return length <= 1 ? length : 0;
	code = text[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	if (code < least[length] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	return length;
}

static bool is_utf8(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;

	while (length) {
		size_t step = *at && *at < 0x80 ? 1
						: sequence_length(at, length);

		if (!step || !*at)
			return false;
		at += step;
		length -= step;
	}
	return true;
}

/* Returns the new length; `to` has room for three times `length`. */
static size_t replace_bad_bytes(const char *from, size_t length, char *to)
{
	const unsigned char *at = (const unsigned char *)from;
	char *start = to;

	while (length) {
		size_t step = *at ? sequence_length(at, length) : 0;

		if (step) {
			memcpy(to, at, step);
			to += step;
		} else {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			step = 1;
		}
		at += step;
		length -= step;
	}
	return (size_t)(to - start);
}

static int append_utf8(struct clinic_string_table *texts, const char *text,
		       size_t length, uint32_t hash, uint32_t *id)
{
	int error = reserve_row(texts);
	char *copy;

	if (error)
		return error;
	copy = reserve_bytes(texts, length + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, length);
	copy[length] = '\0';
	error = clinic_row_index_add(&texts->index, hash, texts->count);
	if (error)
		return error;
	texts->chunk->used += length + 1;
	texts->row[texts->count] =
		(struct clinic_text){.text = copy, .length = (uint32_t)length};
	*id = texts->count++;
	return 0;
}

static int find_or_append(struct clinic_string_table *texts, const char *text,
			  size_t length, uint32_t *id)
{
	uint32_t hash = clinic_row_hash(text, length);
	struct clinic_row_cursor at;

	for (uint32_t i = clinic_row_index_first(&texts->index, hash, &at);
	     i != CLINIC_NO_ROW; i = clinic_row_index_next(&texts->index, &at))
		if (texts->row[i].length == length &&
		    !memcmp(texts->row[i].text, text, length)) {
			*id = i;
			return 0;
		}
	return append_utf8(texts, text, length, hash, id);
}

static int append(struct clinic_string_table *texts, const char *text,
		  size_t length, uint32_t *id)
{
	return append_utf8(texts, text, length, clinic_row_hash(text, length),
			   id);
}

typedef int add_function(struct clinic_string_table *texts, const char *text,
			 size_t length, uint32_t *id);

static int add_as_utf8(struct clinic_string_table *texts, const char *text,
		       size_t length, uint32_t *id, add_function *add)
{
	char *clean;
	int error;

	if (length > UINT32_MAX / 4)
		return -EFBIG;
	if (is_utf8(text, length))
		return add(texts, text, length, id);
	clean = malloc(length * 3);
	if (!clean)
		return -ENOMEM;
	error = add(texts, clean, replace_bad_bytes(text, length, clean), id);
	free(clean);
	return error;
}

int clinic_string_table_id(struct clinic_string_table *texts, const char *text,
			   size_t length, uint32_t *id)
{
	return add_as_utf8(texts, text, length, id, find_or_append);
}

int clinic_string_table_append(struct clinic_string_table *texts,
			       const char *text, size_t length, uint32_t *id)
{
	return add_as_utf8(texts, text, length, id, append);
}

int clinic_string_table_start(struct clinic_string_table *texts)
{
	uint32_t none;

	*texts = (struct clinic_string_table){0};
	return clinic_string_table_id(texts, "", 0, &none);
}

void clinic_string_table_free(struct clinic_string_table *texts)
{
	while (texts->chunk) {
		struct clinic_text_chunk *older = texts->chunk->older;

		free(texts->chunk);
		texts->chunk = older;
	}
	free(texts->row);
	clinic_row_index_clear(&texts->index);
}
