/*
 * join.c - lets the C library format each line at the end of the text.
 */
#include "join.h"

#include <stdio.h>
#include <stdlib.h>

/* There is nothing to prepare. */
int join_prepare(const struct lines *lines)
{
	(void)lines;
	return 0;
}

void join_forget(void)
{
}

static char *append(char *text, size_t *bytes_count, const char *line)
{
	int line_bytes = snprintf(NULL, 0, "%s\n", line);
	char *grown = realloc(text, *bytes_count + (size_t)line_bytes + 1);

	if (!grown) {
		free(text);
		return NULL;
	}
	snprintf(grown + *bytes_count, (size_t)line_bytes + 1, "%s\n", line);
	*bytes_count += (size_t)line_bytes;
	return grown;
}

char *join_lines(const struct lines *lines, size_t *bytes_count)
{
	char *text = NULL;

	*bytes_count = 0;
	for (size_t i = 0; i < lines->count; i++) {
		text = append(text, bytes_count, lines->list[i].text);
		if (!text)
			return NULL;
	}
	return text;
}
