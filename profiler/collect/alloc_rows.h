/*
 * collect/alloc_rows.h - what each thread of one arena allocated, as rows of a
 * session.
 *
 * Private to this room.
 *
 * Rows       one for each call site and thread that allocated there; where
 *            several did, one more, of no thread, with all about frees: a
 *            block is freed where it is freed. Sizes stand by stage.
 * Errors     0 or -errno.
 * Read next  shared_memory/arena_layout.h, struct site_row and rows_block.
 */
#ifndef CLINIC_COLLECT_ALLOC_ROWS_H
#define CLINIC_COLLECT_ALLOC_ROWS_H

#include "collect/arena_sums.h"

int clinic_alloc_rows_save(struct clinic_arena_sums *sums,
			   const struct arena_image *image);

#endif
