#include "collect/address_stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct clinic_address_stacks {
	struct clinic_address_frame *rows;
	uint32_t count, room;
	uint32_t *slots;      /* stack ids, 0: free; open addressing */
	uint32_t slots_count; /* a power of two, over twice count */
};

#define FIRST_ROOM 1024

int clinic_address_stacks_new(struct clinic_address_stacks **stacks)
{
	struct clinic_address_stacks *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->rows = calloc(FIRST_ROOM, sizeof(*made->rows));
	made->slots = calloc(FIRST_ROOM * 4, sizeof(*made->slots));
	if (!made->rows || !made->slots) {
		clinic_address_stacks_free(made);
		return -ENOMEM;
	}
	made->count = 1;
	made->room = FIRST_ROOM;
	made->slots_count = FIRST_ROOM * 4;
	*stacks = made;
	return 0;
}

void clinic_address_stacks_free(struct clinic_address_stacks *stacks)
{
	if (!stacks)
		return;
	free(stacks->rows);
	free(stacks->slots);
	free(stacks);
}

static uint32_t hash(const struct clinic_address_frame *frame)
{
	uint64_t mixed = frame->address * 0x9e3779b97f4a7c15u;

	mixed ^= ((uint64_t)frame->module << 32 | frame->parent) *
		 0xc2b2ae3d27d4eb4fu;
	return (uint32_t)(mixed >> 32);
}

/* The slot that holds the frame, or the free one where it belongs. */
static uint32_t *slot_of(const struct clinic_address_stacks *stacks,
			 const struct clinic_address_frame *frame)
{
	uint32_t at = hash(frame);

	for (;; at++) {
		uint32_t *slot = &stacks->slots[at & (stacks->slots_count - 1)];

		if (!*slot ||
		    !memcmp(&stacks->rows[*slot], frame, sizeof(*frame)))
			return slot;
	}
}

static int grow(struct clinic_address_stacks *stacks)
{
	uint32_t room = stacks->room * 2;
	struct clinic_address_frame *rows;
	uint32_t *slots;

	rows = realloc(stacks->rows, room * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	stacks->rows = rows;
	slots = calloc((size_t)room * 4, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(stacks->slots);
	stacks->slots = slots;
	stacks->slots_count = room * 4;
	stacks->room = room;
	for (uint32_t id = 1; id < stacks->count; id++)
		*slot_of(stacks, &rows[id]) = id;
	return 0;
}

int clinic_address_stacks_push(struct clinic_address_stacks *stacks,
			       const struct clinic_address_frame *frame,
			       uint32_t *id)
{
	uint32_t *slot = slot_of(stacks, frame);

	if (!*slot) {
		if (stacks->count == stacks->room) {
			if (grow(stacks))
				return -ENOMEM;
			slot = slot_of(stacks, frame);
		}
		stacks->rows[stacks->count] = *frame;
		*slot = stacks->count++;
	}
	*id = *slot;
	return 0;
}

const struct clinic_address_frame *
clinic_address_stacks_rows(const struct clinic_address_stacks *stacks,
			   uint32_t *count)
{
	*count = stacks->count;
	return stacks->rows;
}
