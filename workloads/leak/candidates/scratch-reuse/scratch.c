/*
 * scratch.c - reuses one block of memory for all replies.
 */
#include "scratch.h"

#include <stdlib.h>

struct scratch {
	char reply[REPLY_BYTES];
};

struct scratch *scratch_open(void)
{
	return calloc(1, sizeof(struct scratch));
}

void scratch_close(struct scratch *scratch)
{
	free(scratch);
}

__attribute__((noinline)) char *scratch_take(struct scratch *scratch)
{
	return scratch->reply;
}

void scratch_sent(struct scratch *scratch)
{
	(void)scratch;
}
