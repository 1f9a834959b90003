/*
 * preload/stack/call_sites.h - gives each call stack an id, and each thread a
 * row for each id.
 *
 * Errors     the id is 0 when the table or the arena is full: the allocation
 *            is still counted, but its stack is not kept.
 * Threads    any, without a lock.
 * Read next  shared_memory/arena_layout.h
 */
#ifndef PRELOAD_STACK_CALL_SITES_H
#define PRELOAD_STACK_CALL_SITES_H

#include "preload/stack/stack_walk.h"

/* The same stack in the same stage gives the same id. */
uint32_t call_site_id(const struct stack *stack, uint16_t stage);

/* NULL: there is no such site. This is slow, as it looks at all sites. */
const struct site_block *call_site_find(uint32_t id);

/* The rows of one thread, by site id. Zeroed memory is a table without rows. */
struct site_rows {
	struct rows_block *blocks[ROW_BLOCKS_MAX];
};

/* Makes the row. NULL: there is no memory. */
struct site_row *call_site_row_slow(struct site_rows *rows,
				    const struct thread_block *thread,
				    uint32_t site);

/* NULL: the row does not exist yet; call_site_row makes it. */
static inline struct site_row *call_site_row_at_hand(struct site_rows *rows,
						     uint32_t site)
{
	struct rows_block *block = rows->blocks[site / ROWS_PER_BLOCK];

	return block ? &block->rows[site % ROWS_PER_BLOCK] : NULL;
}

static inline struct site_row *call_site_row(struct site_rows *rows,
					     const struct thread_block *thread,
					     uint32_t site)
{
	struct site_row *row = call_site_row_at_hand(rows, site);

	return row ? row : call_site_row_slow(rows, thread, site);
}

void call_sites_restart(void); /* to be called in a forked child */

#endif
