/* Keeps rows of equal size in a ring, and sorts them by time. */
#include "collect/row_ring.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

void *clinic_row_ring_at(const struct clinic_row_ring *ring, size_t i)
{
	size_t at = ring->oldest + i;

	if (at >= ring->count)
		at -= ring->count;
	return (char *)ring->rows + at * ring->row_bytes;
}

static uint64_t time_of(const void *row)
{
	uint64_t time_ns;

	memcpy(&time_ns, row, sizeof(time_ns));
	return time_ns;
}

int clinic_row_ring_add(struct clinic_row_ring *ring, const void *row)
{
	if (ring->count < ring->most) {
		void *grown = clinic_grow(ring->rows, ring->count,
					  &ring->capacity, ring->row_bytes);

		if (!grown)
			return -ENOMEM;
		ring->rows = grown;
		memcpy((char *)grown + ring->count++ * ring->row_bytes, row,
		       ring->row_bytes);
		return 0;
	}
	memcpy(clinic_row_ring_at(ring, 0), row, ring->row_bytes);
	ring->oldest = (ring->oldest + 1) % ring->count;
	ring->overwritten_count++;
	return 0;
}

static int compare_times(const void *left, const void *right)
{
	uint64_t a = time_of(left), b = time_of(right);

	return (a > b) - (a < b);
}

static bool is_sorted(const struct clinic_row_ring *ring)
{
	for (size_t i = 1; i < ring->count; i++)
		if (time_of(clinic_row_ring_at(ring, i - 1)) >
		    time_of(clinic_row_ring_at(ring, i)))
			return false;
	return true;
}

void clinic_row_ring_sort(struct clinic_row_ring *ring)
{
	if (is_sorted(ring))
		return;
	qsort(ring->rows, ring->count, ring->row_bytes, compare_times);
	ring->oldest = 0;
}

size_t clinic_row_ring_from(const struct clinic_row_ring *ring,
			    uint64_t time_ns)
{
	size_t low = 0, high = ring->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (time_of(clinic_row_ring_at(ring, middle)) < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void clinic_row_ring_numbers(struct clinic_row_ring *ring, size_t offset,
			     clinic_on_number *on_number, void *context)
{
	for (size_t i = 0; i < ring->count; i++) {
		char *row = clinic_row_ring_at(ring, i);

		on_number(context, (uint32_t *)(void *)(row + offset));
	}
}

void clinic_row_ring_free(struct clinic_row_ring *ring)
{
	free(ring->rows);
	ring->rows = NULL;
	ring->count = ring->capacity = ring->oldest = 0;
}
