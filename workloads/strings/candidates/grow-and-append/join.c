/*
 * join.c - grows the text for each line, and appends the line.
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

static char *append(char *text, size_t *bytes_count, const char *line)
{
	size_t line_bytes = strlen(line);
	char *grown = realloc(text, *bytes_count + line_bytes + 2);

	if (!grown) {
		free(text);
		return NULL;
	}
	memcpy(grown + *bytes_count, line, line_bytes);
	*bytes_count += line_bytes;
	memcpy(grown + *bytes_count, "\n", 2);
	*bytes_count += 1;
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
