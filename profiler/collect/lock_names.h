/*
 * collect/lock_names.h - find the name of a lock.
 *
 * A static lock has the demangled name of its variable; the name of any other
 * lock is its address.
 *
 * Errors     0 or -ENOMEM.
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

/* Is called when an image is closed: another may get the same address. */
void clinic_lock_names_forget(struct clinic_lock_names *names);

/* lock: the number of a BLOCK_LOCK of the image. Locks of one image should
 * follow one another: that is faster. */
int clinic_lock_names_find(struct clinic_lock_names *names,
			   const struct arena_image *image, uint32_t lock,
			   const char **kind,
			   char name[CLINIC_LOCK_NAME_BYTES]);

#endif
