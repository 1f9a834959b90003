/*
 * scratch.c - allocates memory for replies in blocks of 64, and frees all
 * blocks when the shift ends.
 */
#include "scratch.h"

#include <stddef.h>
#include <stdlib.h>

#define REPLIES_IN_BLOCK 64

struct block {
	struct block *before;
	char replies[REPLIES_IN_BLOCK][REPLY_BYTES];
};

struct scratch {
	struct block *last;
	size_t taken_count; /* replies of the last block that were taken */
};

struct scratch *scratch_open(void)
{
	return calloc(1, sizeof(struct scratch));
}

void scratch_close(struct scratch *scratch)
{
	while (scratch && scratch->last) {
		struct block *last = scratch->last;

		scratch->last = last->before;
		free(last);
	}
	free(scratch);
}

__attribute__((noinline)) char *scratch_take(struct scratch *scratch)
{
	if (!scratch->last || scratch->taken_count == REPLIES_IN_BLOCK) {
		struct block *block = malloc(sizeof(*block));

		if (!block)
			return NULL;
		block->before = scratch->last;
		scratch->last = block;
		scratch->taken_count = 0;
	}
	return scratch->last->replies[scratch->taken_count++];
}

/* Nothing is freed before the end of the shift: one free for many replies. */
void scratch_sent(struct scratch *scratch)
{
	(void)scratch;
}
