/*
 * order.c - the C library's sort.
 */
#include "order.h"

#include <stdlib.h>

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

int order_batch(struct batch *batch)
{
	if (batch->frames_count > 1)
		qsort(batch->frames, batch->frames_count,
		      sizeof(batch->frames[0]), compare_frames);
	return 0;
}
