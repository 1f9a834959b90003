/*
 * preload/lock/lock_table.h - a block for each lock, and for the waits for it.
 *
 *	address, kind             -> slot of lock_slots -> struct lock_block
 *	lock, thread, site, owner -> slot of wait_slots -> struct wait_block
 *
 * Room       for LOCK_SLOTS locks at a time. Where the table is full, a lock
 *            for which a thread waits takes the slot of a lock for which none
 *            ever waited. What cannot be counted is counted as lost.
 * Errors     NULL when the table or the arena is full: the lock itself works
 *            nevertheless.
 * Threads    any, without a lock. The block of an exclusive lock is written
 *            by its holder, and a wait_block by its thread.
 * Read next  preload/lock/lock_hooks.c
 */
#ifndef PRELOAD_LOCK_LOCK_TABLE_H
#define PRELOAD_LOCK_LOCK_TABLE_H

#include "shared_memory/arena_layout.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define LOCK_SLOTS (1u << 16)

typedef _Atomic(struct lock_block *) lock_slot;

extern __attribute__((visibility("hidden"))) lock_slot lock_slots[LOCK_SLOTS];

/*
 * The number of waits in progress, plus the number of locks that are held after
 * a wait. While it is 0, a thread that releases a lock has nothing to record,
 * and need not look the lock up: between two atomic instructions, a look-up
 * costs its full latency.
 */
extern __attribute__((visibility("hidden"))) _Atomic uint32_t lock_busy_count;

/* Addresses of programs are shorter than this, so the kind fits above them. */
#define LOCK_KIND_SHIFT 60u

static inline uint64_t lock_key(const void *lock, enum lock_kind kind)
{
	return (uintptr_t)lock | (uint64_t)kind << LOCK_KIND_SHIFT;
}

static inline enum lock_kind lock_kind_of(uint64_t key)
{
	return (enum lock_kind)(key >> LOCK_KIND_SHIFT);
}

static inline uint64_t lock_address_of(uint64_t key)
{
	return key & ((UINT64_C(1) << LOCK_KIND_SHIFT) - 1);
}

static inline uint32_t lock_slot_of(uint64_t key)
{
	return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

struct lock_block *lock_find_slow(uint64_t key);

/* The block of that lock; it is made when the lock is first used. */
static inline struct lock_block *lock_find(const void *lock,
					   enum lock_kind kind)
{
	uint64_t key = lock_key(lock, kind);
	struct lock_block *block = atomic_load_explicit(
		&lock_slots[lock_slot_of(key)], memory_order_acquire);

	if (__builtin_expect(block && block->key == key, 1))
		return block;
	return lock_find_slow(key);
}

/* The block of that lock if it has one already, else NULL. */
struct lock_block *lock_find_known(const void *lock, enum lock_kind kind);

/*
 * The block of a lock for which a thread is about to wait. If there is no room,
 * it takes the slot of a lock for which no thread ever waited.
 */
struct lock_block *lock_find_awaited(const void *lock, enum lock_kind kind);

/* The lock is destroyed: the next one at its address is another lock. */
void lock_end(struct lock_block *block);

void lock_count_lost(void);

/* To be called by the only holder. lock NULL: the acquisition is lost. */
static inline void lock_count_held(struct lock_block *lock)
{
	if (__builtin_expect(lock != NULL, 1))
		lock->acquisitions_count++;
	else
		lock_count_lost();
}

/* To be called by one of several holders. */
static inline void lock_count_shared(struct lock_block *lock)
{
	if (__builtin_expect(lock != NULL, 1))
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	else
		lock_count_lost();
}

/* NULL: there is no room, and the wait has been counted as lost. */
struct wait_block *wait_find(const struct lock_block *lock,
			     const struct thread_block *thread, uint32_t site,
			     uint32_t owner_site);

void lock_table_restart(void); /* in a forked child */

#endif
