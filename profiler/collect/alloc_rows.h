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

#include "sources/arena_reading.h"

/* Of all threads together, into image->sites. */
int clinic_alloc_rows_sum(struct arena_reading *reading,
			  struct arena_image *image);

/* Once stacks and stages have the session's ids. */
int clinic_alloc_rows_save(struct arena_reading *reading,
			   struct arena_image *image);

#endif
