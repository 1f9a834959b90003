/* Sorts ranges by their start, and links each to the range around it. */
#include "symbols/range_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "foundation/growing_array.h"

#define NO_RANGE UINT32_MAX

int clinic_range_index_add(struct clinic_range_index *index, uint64_t start,
			   uint64_t end, uint32_t payload)
{
	struct clinic_range *grown;

	if (start >= end)
		return 0;
	if (index->count == NO_RANGE)
		return -ENOMEM;
	grown = clinic_grow(index->ranges, index->count, &index->capacity,
			    sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	index->ranges = grown;
	grown[index->count++] =
		(struct clinic_range){start, end, payload, NO_RANGE};
	return 0;
}

/* Outer before inner; of equal ranges the smaller payload is the outer. */
static int compare(const void *left, const void *right)
{
	const struct clinic_range *a = left;
	const struct clinic_range *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return (a->payload > b->payload) - (a->payload < b->payload);
}

/* The ranges of a symbol table are sorted already. */
static bool is_sorted(const struct clinic_range_index *index)
{
	for (size_t i = 1; i < index->count; i++)
		if (compare(&index->ranges[i - 1], &index->ranges[i]) > 0)
			return false;
	return true;
}

void clinic_range_index_sort(struct clinic_range_index *index)
{
	uint32_t open = NO_RANGE;

	if (!index->count)
		return;
	if (!is_sorted(index))
		qsort(index->ranges, index->count, sizeof(*index->ranges),
		      compare);
	for (uint32_t i = 0; i < index->count; i++) {
		struct clinic_range *range = &index->ranges[i];

		while (open != NO_RANGE &&
		       index->ranges[open].end <= range->start)
			open = index->ranges[open].enclosing;
		range->enclosing = open;
		open = i;
	}
}

/* The last range that starts at or before the address. */
static uint32_t last_start(const struct clinic_range_index *index,
			   uint64_t address)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? (uint32_t)(low - 1) : NO_RANGE;
}

int clinic_range_index_find(const struct clinic_range_index *index,
			    uint64_t address, uint32_t *payload)
{
	uint32_t at = last_start(index, address);

	while (at != NO_RANGE && index->ranges[at].end <= address)
		at = index->ranges[at].enclosing;
	if (at == NO_RANGE)
		return -ENOENT;
	*payload = index->ranges[at].payload;
	return 0;
}

void clinic_range_index_clear(struct clinic_range_index *index)
{
	free(index->ranges);
	*index = (struct clinic_range_index){0};
}
