/*
 * collect/alloc_rows.h - what each thread of one arena allocated, as rows of a
 * session.
 *
 * Private to this folder.
 *
 * Rows       there is one for each call site and thread that allocated there.
 *            Where several threads did, one more row without a thread has all
 *            numbers of frees, because another thread may free a block. Sizes
 *            are counted by stage.
 * Errors     0 or -errno.
 * Read next  shared_memory/arena_layout.h, struct site_row and rows_block.
 */
#ifndef CLINIC_COLLECT_ALLOC_ROWS_H
#define CLINIC_COLLECT_ALLOC_ROWS_H

#include "collect/arena_sums.h"

int clinic_alloc_rows_save(struct clinic_arena_sums *sums,
			   const struct arena_image *image);

#endif
