/*
 * value.h - a JSON document in memory.
 *
 * Ownership  values and texts are the document's, until its next reset or its
 *            end; what they stand in is for document.c and text.c to say.
 * Errors     a new value, or a text, is NULL without memory.
 * Threads    one at a time per document.
 */
#ifndef PARSER_VALUE_H
#define PARSER_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NULL,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_INTEGER,
	VALUE_REAL,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT,
};

struct text {
	const char *bytes; /* UTF-8, without an end mark */
	size_t bytes_count;
};

struct value {
	enum value_kind kind;
	struct text key; /* of a member of an object */
	union {
		int64_t integer;
		double real;
		struct text string;
		struct value *first; /* of an array or object, or NULL */
	};
	struct value *next; /* in the same array or object */
};

#endif
