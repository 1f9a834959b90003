/*
 * json_string.h - a string of JSON, decoded to UTF-8.
 *
 * Ownership  the text is the document's, or stands in what is parsed.
 * Errors     NULL for what is no string, and without memory. Refused are, as
 *            jansson does: control characters, UTF-8 that is none, halves of
 *            surrogate pairs, and the escaped NUL.
 * Threads    one at a time per document.
 */
#ifndef PARSER_JSON_STRING_H
#define PARSER_JSON_STRING_H

#include "document.h"

/* at: behind the opening quote. Returns what stands behind the closing one. */
const char *string_read(struct document *document, const char *at,
			const char *end, struct text *text);

#endif
