/*
 * preload/arena.h - memory for the hooks, had without any allocator.
 *
 * One reservation of address space, handed out from the bottom and never
 * given back; pages cost memory only once they are written.
 *
 * Ownership  blocks belong to the arena and live as long as the process.
 * Errors     NULL when the arena is full or was never had; counted in
 *            arena_head.lost_count.
 * Threads    arena_take from any thread, without a lock.
 * Read next  preload/alloc_layout.h, what the blocks hold.
 */
#ifndef PRELOAD_ARENA_H
#define PRELOAD_ARENA_H

#include "preload/alloc_layout.h"
#include <stddef.h>

/* Zeroed payload of a new block. The first call makes the reservation. */
void *arena_take(enum block_kind kind, size_t payload_bytes);

/* The payload after previous (NULL: the first) of that kind, or NULL. */
void *arena_next(enum block_kind kind, const void *previous);

/* In a forked child, alone: forget all that the parent wrote. */
void arena_restart(void);

#endif
