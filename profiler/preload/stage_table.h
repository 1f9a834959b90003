/*
 * preload/stage_table.h - small numbers for the names of stages.
 *
 * Errors     when the table is full: STAGE_OVERFLOW, which any end leaves.
 * Ownership  names are copied (cut at STAGE_NAME_BYTES - 1).
 * Threads    any, without a lock.
 * Read next  preload/thread_counts.h, which counts per node.
 */
#ifndef PRELOAD_STAGE_TABLE_H
#define PRELOAD_STAGE_TABLE_H

#include "shared_memory/arena_layout.h"
#include <stdbool.h>

/* The node of a name below parent; a new name gets a new node. */
uint16_t stage_child(struct stage_table *table, uint16_t parent,
		     const char *name);

/* The thread's node after name has ended; node itself if name never began. */
uint16_t stage_after(const struct stage_table *table, uint16_t node,
		     const char *name);

bool stage_named(const struct stage_table *table, uint16_t node,
		 const char *name);

/* Whether node, or any stage around it, has this name. */
bool stage_within(const struct stage_table *table, uint16_t node,
		  const char *name);

#endif
