/* Keeps row numbers in a hash table with linear probing. */
#include "foundation/row_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ (hash >> 32);
}

uint32_t clinic_row_hash(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t hash = length;
	uint64_t word;

	for (; length >= sizeof(word); length -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
		at += sizeof(word);
	}
	word = 0;
	memcpy(&word, at, length);
	return (uint32_t)mix(hash, word);
}

static uint32_t probe(const struct clinic_row_index *index,
		      struct clinic_row_cursor *cursor)
{
	uint32_t mask = index->slots_count - 1;

	for (;; cursor->at++) {
		const struct clinic_row_slot *slot =
			&index->slot[cursor->at & mask];

		if (slot->id == CLINIC_NO_ROW || slot->hash == cursor->hash)
			return slot->id;
	}
}

uint32_t clinic_row_index_first(const struct clinic_row_index *index,
				uint32_t hash, struct clinic_row_cursor *cursor)
{
	if (!index->slots_count)
		return CLINIC_NO_ROW;
	cursor->hash = hash;
	cursor->at = hash;
	return probe(index, cursor);
}

uint32_t clinic_row_index_next(const struct clinic_row_index *index,
			       struct clinic_row_cursor *cursor)
{
	cursor->at++;
	return probe(index, cursor);
}

static void put(struct clinic_row_index *index, struct clinic_row_slot entry)
{
	uint32_t mask = index->slots_count - 1;
	uint32_t at = entry.hash & mask;

	while (index->slot[at].id != CLINIC_NO_ROW)
		at = (at + 1) & mask;
	index->slot[at] = entry;
	index->used_count++;
}

static int grow(struct clinic_row_index *index)
{
	uint32_t count = index->slots_count ? index->slots_count * 2
					    : FIRST_SLOTS;
	struct clinic_row_index bigger = {.slots_count = count};

	bigger.slot = malloc(count * sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	memset(bigger.slot, 0xff, count * sizeof(*bigger.slot));
	for (uint32_t i = 0; i < index->slots_count; i++)
		if (index->slot[i].id != CLINIC_NO_ROW)
			put(&bigger, index->slot[i]);
	free(index->slot);
	*index = bigger;
	return 0;
}

int clinic_row_index_add(struct clinic_row_index *index, uint32_t hash,
			 uint32_t id)
{
	/* The table is at most half full, which keeps linear probing short. */
	if (index->used_count * 2 >= index->slots_count) {
		int error = grow(index);

		if (error)
			return error;
	}
	put(index, (struct clinic_row_slot){.hash = hash, .id = id});
	return 0;
}

void clinic_row_index_empty(struct clinic_row_index *index)
{
	if (index->slots_count)
		memset(index->slot, 0xff,
		       index->slots_count * sizeof(*index->slot));
	index->used_count = 0;
}

void clinic_row_index_clear(struct clinic_row_index *index)
{
	free(index->slot);
	*index = (struct clinic_row_index){0};
}
