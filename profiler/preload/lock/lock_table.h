/*
 * preload/lock/lock_table.h - what is known of each lock, and of waits for it.
 *
 * Errors     NULL when the table or the arena is full: the lock then works as
 *            ever and is not counted.
 * Threads    any, without a lock. What is in a lock_block of an exclusive
 *            lock is written by its holder; a wait_block by its thread.
 * Read next  preload/lock/lock_hooks.c
 */
#ifndef PRELOAD_LOCK_LOCK_TABLE_H
#define PRELOAD_LOCK_LOCK_TABLE_H

#include "shared_memory/arena_layout.h"
#include <stdatomic.h>
#include <stdint.h>

#define LOCK_SLOTS (1u << 16)

typedef _Atomic(struct lock_block *) lock_slot;

extern __attribute__((visibility("hidden"))) lock_slot lock_slots[LOCK_SLOTS];

/*
 * How many waits go on, and how many locks are held after a wait. While it
 * is 0, whoever releases a lock has nothing to tell and need not find it:
 * a look-up between two atomic instructions is waited for in full.
 */
extern __attribute__((visibility("hidden"))) _Atomic uint32_t lock_busy_count;

struct lock_block *lock_find_slow(const void *lock, enum lock_kind kind);

static inline uint32_t lock_slot_of(const void *lock)
{
	return (uint32_t)((uintptr_t)lock * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

/* Of that address, made on first sight. */
static inline struct lock_block *lock_find(const void *lock,
					   enum lock_kind kind)
{
	struct lock_block *block = atomic_load_explicit(
		&lock_slots[lock_slot_of(lock)], memory_order_acquire);

	if (__builtin_expect(block && block->address == (uintptr_t)lock, 1))
		return block;
	return lock_find_slow(lock, kind);
}

struct wait_block *wait_find(const struct lock_block *lock,
			     const struct thread_block *thread, uint32_t site,
			     uint32_t owner_site);

void lock_table_restart(void); /* in a forked child */

#endif
