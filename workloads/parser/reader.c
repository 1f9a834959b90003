/*
 * reader.c - parse a line by our own parser, and digest its values.
 */
#include "reader.h"

#include "document.h"
#include "line_digest.h"
#include "parse.h"

#include <stdlib.h>

struct reader {
	struct document *document;
};

struct reader *reader_new(void)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->document = document_new();
	if (!reader->document) {
		free(reader);
		return NULL;
	}
	return reader;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	document_free(reader->document);
	free(reader);
}

static uint64_t digest_value(uint64_t digest, const struct value *value)
{
	digest = digest_number(digest, value->kind);
	if (value->kind == VALUE_INTEGER)
		return digest_number(digest, (uint64_t)value->integer);
	if (value->kind == VALUE_REAL)
		return digest_real(digest, value->real);
	if (value->kind == VALUE_STRING)
		return digest_text(digest, value->string.bytes,
				   value->string.bytes_count);
	if (value->kind < VALUE_ARRAY)
		return digest;
	for (const struct value *member = value->first; member;
	     member = member->next) {
		if (value->kind == VALUE_OBJECT)
			digest = digest_text(digest, member->key.bytes,
					     member->key.bytes_count);
		digest = digest_value(digest, member);
	}
	return digest_number(digest, DIGEST_END);
}

uint64_t reader_digest(struct reader *reader, const char *line,
		       size_t bytes_count)
{
	const struct value *value =
		parse_line(reader->document, line, bytes_count);
	uint64_t digest = value ? digest_value(0, value) : DIGEST_REFUSED;

	document_reset(reader->document);
	return digest;
}
