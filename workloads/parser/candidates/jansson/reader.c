/*
 * reader.c - parse a line by jansson, and digest its values: a yardstick.
 */
#include "reader.h"

#include "line_digest.h"

#include <jansson.h>
#include <stdlib.h>

struct reader {
	int unused;
};

struct reader *reader_new(void)
{
	return calloc(1, sizeof(struct reader));
}

void reader_free(struct reader *reader)
{
	free(reader);
}

static uint64_t digest_json(uint64_t digest, json_t *json);

static uint64_t digest_object(uint64_t digest, json_t *object)
{
	const char *key;
	json_t *member;

	json_object_foreach(object, key, member)
	{
		digest = digest_text(digest, key, strlen(key));
		digest = digest_json(digest, member);
	}
	return digest_number(digest, DIGEST_END);
}

static uint64_t digest_array(uint64_t digest, json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		digest = digest_json(digest, json_array_get(array, i));
	return digest_number(digest, DIGEST_END);
}

static uint64_t digest_json(uint64_t digest, json_t *json)
{
	static const enum value_kind kinds[] = {
		[JSON_OBJECT] = VALUE_OBJECT,   [JSON_ARRAY] = VALUE_ARRAY,
		[JSON_STRING] = VALUE_STRING,   [JSON_REAL] = VALUE_REAL,
		[JSON_INTEGER] = VALUE_INTEGER, [JSON_TRUE] = VALUE_TRUE,
		[JSON_FALSE] = VALUE_FALSE,     [JSON_NULL] = VALUE_NULL,
	};

	digest = digest_number(digest, kinds[json_typeof(json)]);
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return digest_object(digest, json);
	case JSON_ARRAY:
		return digest_array(digest, json);
	case JSON_STRING:
		return digest_text(digest, json_string_value(json),
				   json_string_length(json));
	case JSON_INTEGER:
		return digest_number(digest,
				     (uint64_t)json_integer_value(json));
	case JSON_REAL:
		return digest_real(digest, json_real_value(json));
	default:
		return digest;
	}
}

/*
 * Why a NUL is looked for: jansson 2.14 passes over one behind a number (what
 * it puts back into its buffer ends the buffer), so that "[1\0]" is accepted.
 * RFC 8259 knows no NUL there.
 */
static json_t *load(const char *line, size_t bytes_count)
{
	if (memchr(line, 0, bytes_count))
		return NULL;
	return json_loadb(line, bytes_count, JSON_REJECT_DUPLICATES, NULL);
}

uint64_t reader_digest(struct reader *reader, const char *line,
		       size_t bytes_count)
{
	json_t *json = load(line, bytes_count);
	uint64_t digest = json ? digest_json(0, json) : DIGEST_REFUSED;

	(void)reader;
	json_decref(json);
	return digest;
}
