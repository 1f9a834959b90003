/*
 * document.h - the memory of one parsed line.
 *
 * Ownership  the line that is parsed outlives its document, for texts may
 *            point into it.
 * Errors     NULL without memory.
 * Threads    one at a time per document.
 */
#ifndef PARSER_DOCUMENT_H
#define PARSER_DOCUMENT_H

#include "value.h"

struct document;

struct document *document_new(void);
void document_free(struct document *document);

/* Forgets all values and texts; the document is used again. */
void document_reset(struct document *document);

/* A null value that belongs to nothing yet. */
struct value *document_value(struct document *document);

/* Room for a text of at most so many bytes. */
char *document_text(struct document *document, size_t bytes_count);

#endif
