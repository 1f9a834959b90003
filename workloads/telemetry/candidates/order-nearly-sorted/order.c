/*
 * order.c - insertion while the frames are nearly in order, which is how
 * they come; the C library's sort once they turn out not to be.
 */
#include "order.h"

#include <stdbool.h>
#include <stdlib.h>

/* Moves per frame after which insertion is given up: it is quadratic. */
#define MOVES_PER_FRAME 16

static int compare_frames(const void *left, const void *right)
{
	const struct frame *a = left;
	const struct frame *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->station != b->station)
		return a->station < b->station ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* Moves the last of count frames into place; how far it went. */
static size_t insert_last(struct frame *frames, size_t count)
{
	struct frame frame = frames[count - 1];
	size_t at = count - 1;

	while (at > 0 && compare_frames(&frame, &frames[at - 1]) < 0) {
		frames[at] = frames[at - 1];
		at--;
	}
	frames[at] = frame;
	return count - 1 - at;
}

/* False when that took too long; the frames are all there all the same. */
static bool insert_all(struct batch *batch)
{
	size_t moves_left = MOVES_PER_FRAME * batch->frames_count;

	for (size_t count = 2; count <= batch->frames_count; count++) {
		size_t moves = insert_last(batch->frames, count);

		if (moves > moves_left)
			return false;
		moves_left -= moves;
	}
	return true;
}

int order_batch(struct batch *batch)
{
	if (!insert_all(batch))
		qsort(batch->frames, batch->frames_count,
		      sizeof(batch->frames[0]), compare_frames);
	return 0;
}
