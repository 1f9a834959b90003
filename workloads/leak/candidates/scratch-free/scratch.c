/*
 * scratch.c - allocates memory for each reply, and frees it after sending.
 */
#include "scratch.h"

#include <stddef.h>
#include <stdlib.h>

struct scratch {
	char *reply;
};

struct scratch *scratch_open(void)
{
	return calloc(1, sizeof(struct scratch));
}

void scratch_close(struct scratch *scratch)
{
	if (scratch)
		free(scratch->reply);
	free(scratch);
}

__attribute__((noinline)) char *scratch_take(struct scratch *scratch)
{
	scratch->reply = malloc(REPLY_BYTES);
	return scratch->reply;
}

void scratch_sent(struct scratch *scratch)
{
	free(scratch->reply);
	scratch->reply = NULL;
}
