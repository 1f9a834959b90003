/*
 * symbols/range_index.h - which of many nested ranges holds an address.
 *
 *	clinic_range_index_add(&index, start, end, payload);    many times
 *	clinic_range_index_sort(&index);                        once
 *	clinic_range_index_find(&index, address, &payload);
 *
 * Units, functions, inlined calls and symbol tables use this structure. Of
 * all ranges that hold an address, the one that starts last is found: the
 * innermost when they nest; of equal ranges, the one with the largest
 * payload. A search costs O(log ranges + depth).
 *
 * Ownership  all zero is an empty index; clinic_range_index_clear() frees.
 * Errors     0 or -errno: -ENOMEM, -ENOENT.
 */
#ifndef CLINIC_SYMBOLS_RANGE_INDEX_H
#define CLINIC_SYMBOLS_RANGE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct clinic_range {
	uint64_t start;
	uint64_t end; /* exclusive */
	uint32_t payload;
	uint32_t enclosing; /* index of the next candidate outwards */
};

struct clinic_range_index {
	struct clinic_range *ranges;
	size_t count;
	size_t capacity;
};

/* Empty ranges are left out. */
int clinic_range_index_add(struct clinic_range_index *index, uint64_t start,
			   uint64_t end, uint32_t payload);
void clinic_range_index_sort(struct clinic_range_index *index);
int clinic_range_index_find(const struct clinic_range_index *index,
			    uint64_t address, uint32_t *payload);
void clinic_range_index_clear(struct clinic_range_index *index);

#endif
