/*
 * document.c - values and texts one behind the other, in blocks that stay.
 */
#include "document.h"

#include <stdlib.h>

#define BLOCK_BYTES 16384

struct block {
	struct block *next;
	size_t capacity_bytes;
	_Alignas(16) char bytes[];
};

/* blocks: newest first. Of the newest, used_bytes are taken. */
struct document {
	struct block *blocks;
	size_t used_bytes;
};

struct document *document_new(void)
{
	return calloc(1, sizeof(struct document));
}

/* The newest block stays for the next line. */
void document_reset(struct document *document)
{
	struct block *older = document->blocks ? document->blocks->next : NULL;

	while (older) {
		struct block *block = older;

		older = block->next;
		free(block);
	}
	if (document->blocks)
		document->blocks->next = NULL;
	document->used_bytes = 0;
}

void document_free(struct document *document)
{
	if (!document)
		return;
	document_reset(document);
	free(document->blocks);
	free(document);
}

static int add_block(struct document *document, size_t needed_bytes)
{
	size_t capacity_bytes = needed_bytes > BLOCK_BYTES ? needed_bytes
							   : BLOCK_BYTES;
	struct block *block = malloc(sizeof(*block) + capacity_bytes);

	if (!block)
		return -1;
	block->next = document->blocks;
	block->capacity_bytes = capacity_bytes;
	document->blocks = block;
	document->used_bytes = 0;
	return 0;
}

static void *take(struct document *document, size_t bytes_count)
{
	struct block *block = document->blocks;
	size_t rounded_bytes = (bytes_count + 15) & ~(size_t)15;
	void *taken;

	if (!block ||
	    rounded_bytes > block->capacity_bytes - document->used_bytes) {
		if (add_block(document, rounded_bytes))
			return NULL;
		block = document->blocks;
	}
	taken = block->bytes + document->used_bytes;
	document->used_bytes += rounded_bytes;
	return taken;
}

struct value *document_value(struct document *document)
{
	struct value *value = take(document, sizeof(*value));

	if (value)
		*value = (struct value){0};
	return value;
}

char *document_text(struct document *document, size_t bytes_count)
{
	return take(document, bytes_count);
}
