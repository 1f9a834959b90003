/*
 * join.c - copies lines that lie one behind the other in memory at once, and
 * then puts the line feeds over the NULs between them.
 *
 *	source  G E T   / \0 P U T   / a \0
 *	        |<------ one memcpy ----->|
 *	text    G E T   / \n P U T   / a \n
 */
#include "join.h"

#include <stdlib.h>
#include <string.h>

/* So many bytes are still in the cache when the line feeds are put in. */
#define COPIED_AT_ONCE_BYTES (128u << 10)

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

/* Behind the NUL at the end of the line. */
static const char *end_of(const struct line *line)
{
	return line->text + line->bytes_count + 1;
}

/* The first line that is not copied together with the line `from`. */
static size_t end_of_neighbours(const struct lines *lines, size_t from)
{
	const char *start = lines->list[from].text;
	size_t i = from + 1;

	while (i < lines->count &&
	       lines->list[i].text == end_of(&lines->list[i - 1]) &&
	       (size_t)(end_of(&lines->list[i]) - start) < COPIED_AT_ONCE_BYTES)
		i++;
	return i;
}

static char *copy_neighbours(char *at, const struct line *from,
			     const struct line *to)
{
	memcpy(at, from->text, (size_t)(end_of(to - 1) - from->text));
	for (; from < to; from++) {
		at += from->bytes_count;
		*at++ = '\n';
	}
	return at;
}

char *join_lines(const struct lines *lines, size_t *bytes_count)
{
	char *text, *at;

	*bytes_count = bytes_of(lines);
	text = at = *bytes_count ? malloc(*bytes_count + 1) : NULL;
	if (!text)
		return NULL;
	for (size_t i = 0; i < lines->count;) {
		size_t to = end_of_neighbours(lines, i);

		at = copy_neighbours(at, &lines->list[i], &lines->list[to]);
		i = to;
	}
	*at = 0;
	return text;
}
