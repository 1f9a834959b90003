/*
 * collect/lock_names.h - what a lock of a program is called.
 *
 * A static lock by its variable's name, demangled, any other by its address.
 *
 * Errors     0 or -ENOMEM. What has no name is called by its address.
 * Read next  sources/data_symbol.h.
 */
#ifndef CLINIC_COLLECT_LOCK_NAMES_H
#define CLINIC_COLLECT_LOCK_NAMES_H

#include <limits.h>
#include <stdint.h>

#include "sources/arena_image.h"

#define CLINIC_LOCK_NAME_BYTES (PATH_MAX + 32)

struct clinic_lock_names;

int clinic_lock_names_new(struct clinic_lock_names **names);
void clinic_lock_names_free(struct clinic_lock_names *names); /* NULL: fine */

/* The image is closed: another one may lie at the same address. */
void clinic_lock_names_forget(struct clinic_lock_names *names);

/* lock: which BLOCK_LOCK of the image. Those of one image best in a row. */
int clinic_lock_names_find(struct clinic_lock_names *names,
			   const struct arena_image *image, uint32_t lock,
			   const char **kind,
			   char name[CLINIC_LOCK_NAME_BYTES]);

#endif
