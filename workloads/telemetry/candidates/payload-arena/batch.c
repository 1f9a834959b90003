/*
 * batch.c - an array of frames that grows, and an arena for their bytes.
 */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 16

static struct arena_block *add_block(struct batch *batch)
{
	struct arena_block *block = malloc(sizeof(*block));

	if (!block)
		return NULL;
	block->next = batch->blocks;
	block->used_bytes = 0;
	batch->blocks = block;
	return block;
}

uint8_t *batch_copy_bytes(struct batch *batch, const uint8_t *bytes,
			  size_t bytes_count)
{
	struct arena_block *block = batch->blocks;
	uint8_t *copy;

	if (!block || bytes_count > sizeof(block->bytes) - block->used_bytes)
		block = add_block(batch);
	if (!block)
		return NULL;
	copy = block->bytes + block->used_bytes;
	block->used_bytes += bytes_count;
	memcpy(copy, bytes, bytes_count);
	return copy;
}

static int grow(struct batch *batch)
{
	size_t capacity = batch->frames_capacity ? 2 * batch->frames_capacity
						 : CAPACITY_FIRST;
	struct frame *frames =
		realloc(batch->frames, capacity * sizeof(*frames));

	if (!frames)
		return -ENOMEM;
	batch->frames = frames;
	batch->frames_capacity = capacity;
	return 0;
}

int batch_append(struct batch *batch, const struct frame *frame)
{
	if (batch->frames_count == batch->frames_capacity && grow(batch))
		return -ENOMEM;
	batch->frames[batch->frames_count++] = *frame;
	return 0;
}

/* Its bytes stay in the arena until the batch is reset. */
void batch_drop(struct batch *batch, struct frame *frame)
{
	(void)batch;
	frame->bytes = NULL;
}

/* One block is kept, empty: the next batch needs one at least. */
void batch_reset(struct batch *batch)
{
	struct arena_block *kept = batch->blocks;

	while (kept && kept->next) {
		struct arena_block *next = kept->next;

		free(kept);
		kept = next;
	}
	if (kept)
		kept->used_bytes = 0;
	free(batch->frames);
	*batch = (struct batch){.blocks = kept};
}

void batch_free(struct batch *batch)
{
	batch_reset(batch);
	free(batch->blocks);
	batch->blocks = NULL;
}
