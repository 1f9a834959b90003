/*
 * symbols/build_id.h - the number that a linker gives each build of a file.
 */
#ifndef CLINIC_SYMBOLS_BUILD_ID_H
#define CLINIC_SYMBOLS_BUILD_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CLINIC_BUILD_ID_MAX 20 /* as in the kernel's mapping events */

struct clinic_build_id {
	uint8_t size; /* 0: none known */
	uint8_t bytes[CLINIC_BUILD_ID_MAX];
};

static inline bool clinic_build_id_equal(const struct clinic_build_id *a,
					 const struct clinic_build_id *b)
{
	return a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

#endif
