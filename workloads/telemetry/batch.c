/*
 * batch.c - an array of frames that grows, and a copy of bytes for each.
 */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 16

uint8_t *batch_copy_bytes(struct batch *batch, const uint8_t *bytes,
			  size_t bytes_count)
{
	uint8_t *copy = malloc(bytes_count);

	(void)batch;
	if (copy)
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

void batch_drop(struct batch *batch, struct frame *frame)
{
	(void)batch;
	free(frame->bytes);
	frame->bytes = NULL;
}

void batch_reset(struct batch *batch)
{
	for (size_t i = 0; i < batch->frames_count; i++)
		free(batch->frames[i].bytes);
	free(batch->frames);
	*batch = (struct batch){0};
}

void batch_free(struct batch *batch)
{
	batch_reset(batch);
}
