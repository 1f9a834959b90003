/*
 * foundation/growing_array.h - room for one more element, in steps of a
 *doubling.
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
 * Here, because the room of the unwinder is the lowest of those that need it.
 */
#ifndef CLINIC_FOUNDATION_GROWING_ARRAY_H
#define CLINIC_FOUNDATION_GROWING_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

static inline void *clinic_grow(void *array, size_t count, size_t *capacity,
				size_t element_bytes)
{
	size_t wanted = count ? count * 2 : 16;
	void *grown;

	if (count < *capacity)
		return array;
	grown = realloc(array, wanted * element_bytes);
	if (grown)
		*capacity = wanted;
	return grown;
}

#endif
