/*
 * join.c - doubles the text when it is full, and appends each line.
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

#define FIRST_BYTES 256

struct growing {
	char *text;
	size_t bytes_count;
	size_t capacity_bytes;
};

static int grow_to(struct growing *to, size_t needed_bytes)
{
	size_t capacity_bytes = to->capacity_bytes ? to->capacity_bytes
						   : FIRST_BYTES;
	char *grown;

	if (needed_bytes <= to->capacity_bytes)
		return 0;
	while (capacity_bytes < needed_bytes)
		capacity_bytes *= 2;
	grown = realloc(to->text, capacity_bytes);
	if (!grown)
		return -1;
	to->text = grown;
	to->capacity_bytes = capacity_bytes;
	return 0;
}

static int append(struct growing *to, const char *line)
{
	size_t line_bytes = strlen(line);

	if (grow_to(to, to->bytes_count + line_bytes + 2))
		return -1;
	memcpy(to->text + to->bytes_count, line, line_bytes);
	to->bytes_count += line_bytes;
	memcpy(to->text + to->bytes_count, "\n", 2);
	to->bytes_count += 1;
	return 0;
}

char *join_lines(const struct lines *lines, size_t *bytes_count)
{
	struct growing to = {0};

	for (size_t i = 0; i < lines->count; i++) {
		if (append(&to, lines->list[i].text)) {
			free(to.text);
			return NULL;
		}
	}
	*bytes_count = to.bytes_count;
	return to.text;
}
