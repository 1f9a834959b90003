/*
 * collect/arena_rows.h - the exact sums of one arena, as rows of a session.
 *
 * Errors     0 or -errno.
 * Read next  alloc_rows.h and lock_rows.h, the two kinds of rows.
 */
#ifndef CLINIC_COLLECT_ARENA_ROWS_H
#define CLINIC_COLLECT_ARENA_ROWS_H

#include <stdbool.h>

#include "collect/arena_sums.h"

/*
 * Saves everything that an arena's counters hold, after all changes were read:
 * allocations and their sizes, locks, and its part of the session's quality.
 * Stages that were begun are added even if nothing was counted in them.
 */
int clinic_arena_rows_save(struct clinic_arena_sums *sums,
			   const struct arena_image *image, bool with_alloc,
			   bool with_lock);

#endif
