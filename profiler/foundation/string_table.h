/*
 * foundation/string_table.h - each text once, for as long as the pool lives.
 *
 * Text 0 is "". Texts are UTF-8: other bytes become U+FFFD as they come in,
 * so that whatever is in the pool can be written to any format.
 *
 * Ownership  texts are copied; pointers stay valid until the pool is freed.
 * Errors     -ENOMEM; -EFBIG past CLINIC_ROWS_MAX texts.
 */
#ifndef CLINIC_FOUNDATION_STRING_TABLE_H
#define CLINIC_FOUNDATION_STRING_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "foundation/row_index.h"

struct clinic_text {
	const char *text;
	uint32_t length;
	uint32_t reserved;
};

struct clinic_text_chunk;

struct clinic_string_table {
	struct clinic_text *row;
	uint32_t count;
	size_t capacity;
	struct clinic_row_index index;
	struct clinic_text_chunk *chunk;
	uint64_t held_bytes; /* of chunks and rows */
};

int clinic_string_table_start(struct clinic_string_table *texts);
void clinic_string_table_free(struct clinic_string_table *texts);

/* append gives even a repeated text an id of its own, as a file may. */
int clinic_string_table_id(struct clinic_string_table *texts, const char *text,
			   size_t length, uint32_t *id);
int clinic_string_table_append(struct clinic_string_table *texts,
			       const char *text, size_t length, uint32_t *id);

#endif
