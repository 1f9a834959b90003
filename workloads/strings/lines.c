/*
 * lines.c - reads the lines of a log from a fixture.
 */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAGIC  "LINS"
#define HEADER_BYTES 8

static size_t count_of(const char *bytes)
{
	size_t count = 0;

	for (size_t i = HEADER_BYTES; i-- > 4;)
		count = count << 8 | (uint8_t)bytes[i];
	return count;
}

static int take_lines(struct lines *lines, const char *at, const char *end)
{
	for (size_t i = 0; i < lines->count; i++) {
		const char *mark = memchr(at, 0, (size_t)(end - at));

		if (!mark)
			return -EPROTO;
		lines->list[i] = (struct line){
			.text = at,
			.bytes_count = (size_t)(mark - at),
		};
		at = mark + 1;
	}
	return at == end ? 0 : -EPROTO;
}

int lines_read(struct lines *lines, const char *bytes, size_t bytes_count)
{
	int err;

	*lines = (struct lines){0};
	if (bytes_count < HEADER_BYTES || memcmp(bytes, LINES_MAGIC, 4) != 0)
		return -EPROTO;
	lines->count = count_of(bytes);
	if (lines->count == 0 || lines->count > bytes_count)
		return -EPROTO;
	lines->list = calloc(lines->count, sizeof(*lines->list));
	if (!lines->list)
		return -ENOMEM;
	err = take_lines(lines, bytes + HEADER_BYTES, bytes + bytes_count);
	if (err)
		lines_free(lines);
	return err;
}

void lines_free(struct lines *lines)
{
	free(lines->list);
	*lines = (struct lines){0};
}
