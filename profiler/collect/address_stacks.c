/*
 * Keeps stacks as a trie of addresses: frames, each with the stack that called
 * it.
 */
#include "collect/address_stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/row_index.h"
#include "foundation/growing_array.h"

struct clinic_address_stacks {
	struct clinic_address_frame *rows;
	uint32_t count;
	size_t capacity;
	struct clinic_row_index index; /* of the rows but the empty stack's */
};

static int add_row(struct clinic_address_stacks *stacks,
		   const struct clinic_address_frame *frame)
{
	struct clinic_address_frame *grown = clinic_grow(
		stacks->rows, stacks->count, &stacks->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	stacks->rows = grown;
	grown[stacks->count++] = *frame;
	return 0;
}

int clinic_address_stacks_new(struct clinic_address_stacks **stacks)
{
	static const struct clinic_address_frame empty;
	struct clinic_address_stacks *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	if (add_row(made, &empty)) {
		clinic_address_stacks_free(made);
		return -ENOMEM;
	}
	*stacks = made;
	return 0;
}

void clinic_address_stacks_free(struct clinic_address_stacks *stacks)
{
	if (!stacks)
		return;
	free(stacks->rows);
	clinic_row_index_clear(&stacks->index);
	free(stacks);
}

static uint32_t find(const struct clinic_address_stacks *stacks,
		     const struct clinic_address_frame *frame, uint32_t hash)
{
	struct clinic_row_cursor at;

	for (uint32_t id = clinic_row_index_first(&stacks->index, hash, &at);
	     id != CLINIC_NO_ROW;
	     id = clinic_row_index_next(&stacks->index, &at))
		if (!memcmp(&stacks->rows[id], frame, sizeof(*frame)))
			return id;
	return CLINIC_NO_ROW;
}

int clinic_address_stacks_push(struct clinic_address_stacks *stacks,
			       const struct clinic_address_frame *frame,
			       uint32_t *id)
{
	uint32_t hash = clinic_row_hash(frame, sizeof(*frame));

	*id = find(stacks, frame, hash);
	if (*id != CLINIC_NO_ROW)
		return 0;
	if (add_row(stacks, frame))
		return -ENOMEM;
	*id = stacks->count - 1;
	if (clinic_row_index_add(&stacks->index, hash, *id)) {
		stacks->count--;
		return -ENOMEM;
	}
	return 0;
}

const struct clinic_address_frame *
clinic_address_stacks_rows(const struct clinic_address_stacks *stacks,
			   uint32_t *count)
{
	*count = stacks->count;
	return stacks->rows;
}

/* A parent's number is smaller, so one downward pass marks all callers. */
static void keep_callers(const struct clinic_address_stacks *stacks,
			 uint32_t *kept)
{
	for (uint32_t id = stacks->count - 1; id > 0; id--)
		if (kept[id])
			kept[stacks->rows[id].parent] = 1;
}

void clinic_address_stacks_compact(struct clinic_address_stacks *stacks,
				   uint32_t *kept)
{
	uint32_t count = 1;

	keep_callers(stacks, kept);
	kept[0] = 0;
	clinic_row_index_empty(&stacks->index);
	for (uint32_t id = 1; id < stacks->count; id++) {
		struct clinic_address_frame row = stacks->rows[id];

		if (!kept[id])
			continue;
		row.parent = kept[row.parent];
		stacks->rows[count] = row;
		kept[id] = count++;
	}
	stacks->count = count;
}

void clinic_address_stacks_modules(struct clinic_address_stacks *stacks,
				   clinic_on_number *on_number, void *context)
{
	for (uint32_t id = 1; id < stacks->count; id++)
		if (stacks->rows[id].module < CLINIC_ADDRESS_UNSAMPLED)
			on_number(context, &stacks->rows[id].module);
}

int clinic_address_stacks_reindex(struct clinic_address_stacks *stacks)
{
	int err = 0;

	clinic_row_index_empty(&stacks->index);
	for (uint32_t id = 1; !err && id < stacks->count; id++)
		err = clinic_row_index_add(
			&stacks->index,
			clinic_row_hash(&stacks->rows[id],
					sizeof(stacks->rows[id])),
			id);
	return err;
}
