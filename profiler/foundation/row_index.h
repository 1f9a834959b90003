/*
 * foundation/row_index.h - finds the number of a row by the row's content.
 *
 * It is a hash table with open addressing and linear probing. It only knows
 * hashes and row numbers; the caller compares contents:
 *
 *	for (id = clinic_row_index_first(ix, hash, &at);
 *	     id != CLINIC_NO_ROW; id = clinic_row_index_next(ix, &at))
 *		if (same(row[id], wanted))
 *			return id;
 *
 *	hash, row:  | 8a, 3 | free | 92, 0 | 12, 4 | 92, 5 | free | ...
 *	                             ^ slot 0x92 mod slots_count
 *	a search for hash 92 goes on to the first free slot: rows 0 and 5
 *
 * Ownership  all zero is an empty index; clinic_row_index_clear() frees it, and
 *            clinic_row_index_empty() keeps its memory for as many rows.
 * Errors     -ENOMEM, and the index is as before.
 * Threads    many may search an index that nobody changes.
 */
#ifndef CLINIC_FOUNDATION_ROW_INDEX_H
#define CLINIC_FOUNDATION_ROW_INDEX_H

#include <stddef.h>
#include <stdint.h>

/*
 * No table has more rows than this: it bounds the memory that a hostile file
 * takes.
 */
#define CLINIC_ROWS_MAX (1u << 24)
#define CLINIC_NO_ROW   UINT32_MAX

struct clinic_row_slot {
	uint32_t hash;
	uint32_t id;
};

struct clinic_row_index {
	struct clinic_row_slot *slot;
	uint32_t slots_count; /* 0 or a power of two */
	uint32_t used_count;
};

struct clinic_row_cursor {
	uint32_t hash;
	uint32_t at;
};

uint32_t clinic_row_hash(const void *bytes, size_t length);
uint32_t clinic_row_index_first(const struct clinic_row_index *index,
				uint32_t hash,
				struct clinic_row_cursor *cursor);
uint32_t clinic_row_index_next(const struct clinic_row_index *index,
			       struct clinic_row_cursor *cursor);
int clinic_row_index_add(struct clinic_row_index *index, uint32_t hash,
			 uint32_t id);
void clinic_row_index_empty(struct clinic_row_index *index);
void clinic_row_index_clear(struct clinic_row_index *index);

#endif
