/*
 * symbols/generated_range.h - adds one function to what was told of generated
 * code. Private to generated_code.c and jitdump.c.
 *
 * Errors     0 or -errno.
 */
#ifndef CLINIC_SYMBOLS_GENERATED_RANGE_H
#define CLINIC_SYMBOLS_GENERATED_RANGE_H

#include "symbols/generated_code.h"

/* range->name is set here. */
int clinic_generated_add(struct clinic_generated_code *code,
			 const struct clinic_generated_range *range,
			 const char *name, size_t name_bytes);

#endif
