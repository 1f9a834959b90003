/*
 * preload/arena.h - memory for the hooks, had without any allocator.
 *
 * One reservation of address space, handed out from the bottom and never
 * given back; pages cost memory only once they are written. Backed by a file,
 * it is on disk at any moment, whatever ends the process. The file is as long
 * as the reservation, with a hole behind what is used, and never becomes
 * shorter: threads write on while the process ends.
 *
 * Ownership  blocks belong to the arena and live as long as the process.
 * Errors     NULL when the arena is full or was never had; counted in
 *            arena_head.lost_count.
 * Threads    arena_take from any thread, without a lock.
 * Read next  shared_memory/arena_layout.h, what the blocks hold.
 */
#ifndef PRELOAD_ARENA_H
#define PRELOAD_ARENA_H

#include "shared_memory/arena_layout.h"
#include <stddef.h>

/* Zeroed payload of a new block. The first call makes the reservation. */
void *arena_take(enum block_kind kind, size_t payload_bytes);

/* The payload after previous (NULL: the first) of that kind, or NULL. */
void *arena_next(enum block_kind kind, const void *previous);

struct arena_head *arena_get_head(void); /* NULL: there is no arena */
uint64_t arena_offset_of(const void *payload);
void *arena_at(uint64_t offset); /* the other way */

/*
 * Puts what there is, and all that comes, into a new file in that folder,
 * PID.0 or, after an exec, PID.1 and so on. To be called by the only thread.
 * 0 or -errno; then everything stays in memory.
 */
int arena_back_by_file(const char *folder);

/* The same without a file, in memory that the collector is given. */
struct handover;
int arena_back_by_handover(const struct handover *handover);

/*
 * Room for what may come while no system call can be made: so much is taken
 * now, and when it is used up, what more there is is lost, and counted.
 */
void arena_take_ahead(void);

/* In a forked child, alone: forget all that the parent wrote, and its file. */
void arena_restart(void);

#endif
