/*
 * join.c - adds up the known lengths, then copies all lines.
 */
#include "join.h"

#include <stdlib.h>
#include <string.h>

/* There is nothing to prepare. */
int join_prepare(const struct lines *lines)
{
	(void)lines;
	return 0;
}

void join_forget(void)
{
}

static size_t bytes_of(const struct lines *lines)
{
	size_t bytes_count = 0;

	for (size_t i = 0; i < lines->count; i++)
		bytes_count += lines->list[i].bytes_count + 1;
	return bytes_count;
}

char *join_lines(const struct lines *lines, size_t *bytes_count)
{
	char *text, *at;

	*bytes_count = bytes_of(lines);
	text = at = *bytes_count ? malloc(*bytes_count + 1) : NULL;
	if (!text)
		return NULL;
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->list[i];

		at = mempcpy(at, line->text, line->bytes_count);
		*at++ = '\n';
	}
	*at = 0;
	return text;
}
