/*
 * foundation/row_index.h - from content to row number, by open addressing.
 *
 * The index knows hashes and row numbers only; the caller compares:
 *
 *	for (id = clinic_row_index_first(ix, hash, &at);
 *	     id != CLINIC_NO_ROW; id = clinic_row_index_next(ix, &at))
 *		if (same(row[id], wanted))
 *			return id;
 *
 * Errors     -ENOMEM, with the index as before.
 */
#ifndef CLINIC_FOUNDATION_ROW_INDEX_H
#define CLINIC_FOUNDATION_ROW_INDEX_H

#include <stddef.h>
#include <stdint.h>

/* No table grows longer: it bounds what a hostile file can make us hold. */
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
void clinic_row_index_clear(struct clinic_row_index *index);

#endif
