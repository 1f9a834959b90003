/*
 * preload/arena.h - memory for the hooks, without any allocator.
 *
 * The arena is one reservation of address space. Blocks are taken from the
 * bottom and never freed; pages cost memory only once they are written. If a
 * file is behind it, the data survives any end of the process. The file is as
 * long as the reservation, with a hole after the used part, and never becomes
 * shorter, because threads go on writing while the process ends.
 *
 * Ownership  blocks belong to the arena and live as long as the process.
 * Errors     NULL when the arena is full or could not be made; this is counted
 *            in arena_head.lost_count.
 * Threads    arena_take from any thread, without a lock.
 * Read next  shared_memory/arena_layout.h, what the blocks hold.
 */
#ifndef PRELOAD_ARENA_H
#define PRELOAD_ARENA_H

#include "shared_memory/arena_layout.h"
#include <stddef.h>

/* The zeroed payload of a new block. The first call makes the reservation. */
void *arena_take(enum block_kind kind, size_t payload_bytes);

/* The payload after previous (NULL: the first) of that kind, or NULL. */
void *arena_next(enum block_kind kind, const void *previous);

struct arena_head *arena_get_head(void); /* NULL: there is no arena */
uint64_t arena_offset_of(const void *payload);
void *arena_at(uint64_t offset); /* the inverse */

/*
 * Puts all data, present and future, into a new file in that folder: PID.0 or,
 * after an exec, PID.1 and so on. To be called while there is one thread.
 * Returns 0 or -errno; after an error everything stays in memory.
 */
int arena_back_by_file(const char *folder);

/* The same without a file, in memory that is handed over to the collector. */
struct handover;
int arena_back_by_handover(const struct handover *handover);

/*
 * Allocates memory ahead, for the time when no system calls are allowed. When
 * it is used up, further data is lost, and counted.
 */
void arena_take_ahead(void);

/* In a forked child, with one thread: forgets the parent's data and file. */
void arena_restart(void);

#endif
