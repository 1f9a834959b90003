/*
 * join.c - copies the joined text, which was made before: the least work that a
 * join can do, with which the others are compared.
 */
#include "join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *made;
static size_t made_bytes;

int join_prepare(const struct lines *lines)
{
	char *at;

	made_bytes = 0;
	for (size_t i = 0; i < lines->count; i++)
		made_bytes += lines->list[i].bytes_count + 1;
	made = at = malloc(made_bytes + 1);
	if (!made)
		return -ENOMEM;
	for (size_t i = 0; i < lines->count; i++) {
		at = stpcpy(at, lines->list[i].text);
		*at++ = '\n';
	}
	*at = 0;
	return 0;
}

void join_forget(void)
{
	free(made);
	made = NULL;
}

char *join_lines(const struct lines *lines, size_t *bytes_count)
{
	char *text = lines->count ? malloc(made_bytes + 1) : NULL;

	*bytes_count = made_bytes;
	return text ? memcpy(text, made, made_bytes + 1) : NULL;
}
