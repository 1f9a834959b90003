/*
 * document.c - a block of the heap for each value and for each text.
 */
#include "document.h"

#include <stdlib.h>

struct block {
	struct block *next;
	_Alignas(16) char bytes[];
};

struct document {
	struct block *blocks;
};

struct document *document_new(void)
{
	return calloc(1, sizeof(struct document));
}

void document_reset(struct document *document)
{
	while (document->blocks) {
		struct block *block = document->blocks;

		document->blocks = block->next;
		free(block);
	}
}

void document_free(struct document *document)
{
	if (!document)
		return;
	document_reset(document);
	free(document);
}

static void *take(struct document *document, size_t bytes_count)
{
	struct block *block = malloc(sizeof(*block) + bytes_count);

	if (!block)
		return NULL;
	block->next = document->blocks;
	document->blocks = block;
	return block->bytes;
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
