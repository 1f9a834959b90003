/*
 * source_memory.c - a batch that is already here: no kernel in the way.
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct source_memory {
	struct source source;
	const uint8_t *batch;
	size_t batch_bytes;
	size_t read_bytes;
};

static int memory_request(struct source *source)
{
	((struct source_memory *)source)->read_bytes = 0;
	return 0;
}

static ssize_t memory_read(struct source *source, uint8_t *into, size_t size)
{
	struct source_memory *memory = (struct source_memory *)source;
	size_t left = memory->batch_bytes - memory->read_bytes;
	size_t count = size < left ? size : left;

	memcpy(into, memory->batch + memory->read_bytes, count);
	memory->read_bytes += count;
	return (ssize_t)count;
}

static void memory_close(struct source *source)
{
	free(source);
}

int source_memory_open(struct source **source, const uint8_t *batch,
		       size_t batch_bytes)
{
	static const struct source_kind kind = {memory_request, memory_read,
						memory_close};
	struct source_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	memory->source.kind = &kind;
	memory->batch = batch;
	memory->batch_bytes = batch_bytes;
	*source = &memory->source;
	return 0;
}
