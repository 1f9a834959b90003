/*
 * foundation/growing_array.h - room for more elements, in powers of two.
 *
 *	struct row *grown = clinic_grow(t->rows, t->rows_count,
 *					&t->rows_capacity, sizeof(*grown));
 *
 *	if (!grown)
 *		return -ENOMEM;         and t->rows is as it was
 *	t->rows = grown;
 *	grown[t->rows_count++] = row;
 *
 * Powers of two: with some elements less, libc's unwind table took a tenth
 * longer to make (make bench-unwind), at the allocator's pages.
 *
 * Ownership  the array is the caller's to free().
 */
#ifndef CLINIC_FOUNDATION_GROWING_ARRAY_H
#define CLINIC_FOUNDATION_GROWING_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

#define CLINIC_FIRST_CAPACITY ((size_t)4)

/* Room for `more` elements behind the `count` that are there. */
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

/* Room for one element more. */
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
