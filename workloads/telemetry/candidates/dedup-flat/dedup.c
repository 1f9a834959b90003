/*
 * dedup.c - one flat table that is large enough for any batch, cleared at
 * the start of each: no growing, no chains, no allocation.
 */
#include "dedup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_BITS  17
#define SLOTS_COUNT ((size_t)1 << SLOTS_BITS)

struct dedup {
	uint64_t repeats_count; /* since the start, for the operators */
	size_t used_count;
	uint64_t slots[SLOTS_COUNT]; /* keys; 0 is free: no station is 0 */
};

struct dedup *dedup_new(void)
{
	return calloc(1, sizeof(struct dedup));
}

void dedup_free(struct dedup *dedup)
{
	free(dedup);
}

static uint64_t key_of(const struct frame *frame)
{
	return (uint64_t)frame->station << 32 | frame->sequence;
}

/* 1 when the frame is new, 0 when it was seen, -ENOMEM when all is full. */
static int admit(struct dedup *dedup, const struct frame *frame)
{
	uint64_t key = key_of(frame);
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15ull >> (64 - SLOTS_BITS));

	while (dedup->slots[at] && dedup->slots[at] != key)
		at = (at + 1) & (SLOTS_COUNT - 1);
	if (dedup->slots[at] == key)
		return 0;
	if (dedup->used_count == SLOTS_COUNT - 1)
		return -ENOMEM;
	dedup->slots[at] = key;
	dedup->used_count++;
	return 1;
}

int dedup_batch(struct dedup *dedup, struct batch *batch,
		struct reject_log *rejects)
{
	size_t kept = 0;
	int err = 0;

	memset(dedup->slots, 0, sizeof(dedup->slots));
	dedup->used_count = 0;
	for (size_t i = 0; i < batch->frames_count; i++) {
		struct frame *frame = &batch->frames[i];
		int admitted = err ? err : admit(dedup, frame);

		if (admitted == 1) {
			batch->frames[kept++] = *frame;
			continue;
		}
		err = admitted;
		if (!err) {
			dedup->repeats_count++;
			err = reject_log_add(rejects, frame, REJECT_DUPLICATE,
					     frame->sequence);
		}
		batch_drop(batch, frame);
	}
	batch->frames_count = kept;
	return err;
}
