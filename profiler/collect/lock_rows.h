/*
 * collect/lock_rows.h - the locks of one arena, as rows of a session.
 *
 * Private to this folder.
 *
 * Rows       there is one for each place, thread and owner of a wait (the
 *            owner's stack is that of the release which ended the wait), and
 *            one for each lock, without a stack, for acquisitions without a
 *            wait.
 * Errors     0 or -errno.
 * Read next  shared_memory/arena_layout.h, struct lock_block and wait_block.
 */
#ifndef CLINIC_COLLECT_LOCK_ROWS_H
#define CLINIC_COLLECT_LOCK_ROWS_H

#include "collect/arena_sums.h"

int clinic_lock_rows_save(struct clinic_arena_sums *sums,
			  const struct arena_image *image);

#endif
