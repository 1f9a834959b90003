/*
 * parse.h - one line of JSON to a document.
 *
 * What is accepted is what jansson 2.14 accepts, with duplicate keys refused:
 * an array or object, RFC 8259, nothing behind it but white space, no deeper
 * than PARSE_DEPTH_MAX, integers of 64 bits, reals of a double.
 *
 * Ownership  the values are the document's; texts may stand in the line.
 * Errors     NULL for what is refused, and without memory.
 * Threads    one at a time per document.
 * Read next  document.h, json_string.h, number.h.
 */
#ifndef PARSER_PARSE_H
#define PARSER_PARSE_H

#include "document.h"

#define PARSE_DEPTH_MAX 2048

const struct value *parse_line(struct document *document, const char *line,
			       size_t bytes_count);

#endif
