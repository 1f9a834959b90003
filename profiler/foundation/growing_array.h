/*
 * foundation/growing_array.h - makes room for more elements in an array.
 *
 *	struct row *grown = clinic_grow(t->rows, t->rows_count,
 *					&t->rows_capacity, sizeof(*grown));
 *
 *	if (!grown)
 *		return -ENOMEM;         t->rows is as before
 *	t->rows = grown;
 *	grown[t->rows_count++] = row;
 *
 * The capacity is always a power of two. With capacities a little below, the
 * unwind table of libc took a tenth longer to compile (make bench-unwind),
 * because the allocator fetched further pages.
 *
 * Ownership  the caller frees the array by free().
 * Errors     NULL: there is no memory, and the array is as before.
 * Threads    one per array.
 */
#ifndef CLINIC_FOUNDATION_GROWING_ARRAY_H
#define CLINIC_FOUNDATION_GROWING_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

#define CLINIC_FIRST_CAPACITY ((size_t)4)

/* Makes room for `more` elements behind the first `count`. */
static inline void *clinic_grow_by(void *array, size_t count, size_t more,
				   size_t *capacity, size_t element_bytes)
{
	size_t wanted = *capacity ? *capacity : CLINIC_FIRST_CAPACITY;
	void *grown;

	if (count + more <= *capacity)
		return array;
	while (wanted < count + more)
		wanted *= 2;
	grown = realloc(array, wanted * element_bytes);
	if (grown)
		*capacity = wanted;
	return grown;
}

/* Makes room for one more element. */
static inline void *clinic_grow(void *array, size_t count, size_t *capacity,
				size_t element_bytes)
{
	return clinic_grow_by(array, count, 1, capacity, element_bytes);
}

/* Frees the room behind the last element. This never fails. */
static inline void *clinic_trim(void *array, size_t count, size_t element_bytes)
{
	void *trimmed = realloc(array, (count ? count : 1) * element_bytes);

	return trimmed ? trimmed : array;
}

#endif
