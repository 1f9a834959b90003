/*
 * foundation/string_table.h - keeps each text once, and numbers the texts.
 *
 *	row:     | 0    | 1    | 2    |          index: hash of a text --> row
 *	           |      |      |
 *	chunk:   | "\0" | "main\0" | "parse\0" | room |  --> older chunk --> ...
 *
 * Text 0 is "". All texts are UTF-8: each byte that is not becomes U+FFFD when
 * a text is added, so that every text can be written in any format. A chunk
 * never moves; a new one is allocated when a text does not fit.
 *
 * Ownership  texts are copied; pointers are valid until the table is freed.
 * Errors     -ENOMEM; -EFBIG: there are CLINIC_ROWS_MAX texts, or a text is
 *            longer than 1 GiB.
 * Threads    one at a time.
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
	uint64_t held_bytes; /* memory of chunks and rows */
};

int clinic_string_table_start(struct clinic_string_table *texts);
void clinic_string_table_free(struct clinic_string_table *texts);

/*
 * append gives a text a new number even if it is in the table already, because
 * a file may list a text twice.
 */
int clinic_string_table_id(struct clinic_string_table *texts, const char *text,
			   size_t length, uint32_t *id);
int clinic_string_table_append(struct clinic_string_table *texts,
			       const char *text, size_t length, uint32_t *id);

#endif
