/*
 * lines.h - reads the lines of a log from a fixture.
 *
 * Ownership  texts point into the fixture, which outlives the lines.
 * Errors     0 or -errno; -EPROTO for bytes that are not lines.
 * Format     fixtures/README.md, log_lines.
 */
#ifndef STRINGS_LINES_H
#define STRINGS_LINES_H

#include <stddef.h>
#include <stdint.h>

struct line {
	const char *text; /* ends with a NUL */
	size_t bytes_count;
};

struct lines {
	struct line *list;
	size_t count;
};

int lines_read(struct lines *lines, const char *bytes, size_t bytes_count);
void lines_free(struct lines *lines);

#endif
