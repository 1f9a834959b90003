/*
 * preload/lock/lock_table.h - what is known of each lock, and of waits for it.
 *
 * Room       for LOCK_SLOTS locks at a time. In a full part of the table one
 *            that is waited for takes the place of one that nobody ever waited
 *            for; what is not counted for want of room is counted as lost.
 * Errors     NULL when the table or the arena is full: the lock then works as
 *            ever.
 * Threads    any, without a lock. What is in a lock_block of an exclusive
 *            lock is written by its holder; a wait_block by its thread.
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
 * How many waits go on, and how many locks are held after a wait. While it
 * is 0, whoever releases a lock has nothing to tell and need not find it:
 * a look-up between two atomic instructions is waited for in full.
 */
extern __attribute__((visibility("hidden"))) _Atomic uint32_t lock_busy_count;

/* No address of a program reaches up to the kind. */
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

/* Of that lock, made on first sight. */
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

/* Of a lock that is there already; NULL: it is not. */
struct lock_block *lock_seen(const void *lock, enum lock_kind kind);

/* Of a lock that is about to be waited for, if need be instead of another. */
struct lock_block *lock_find_awaited(const void *lock, enum lock_kind kind);

/* It is destroyed: whatever has its address next is another one. */
void lock_end(struct lock_block *block);

void lock_count_lost(void);

/* By its only holder. */
static inline void lock_count_held(struct lock_block *lock)
{
	if (__builtin_expect(lock != NULL, 1))
		lock->acquisitions_count++;
	else
		lock_count_lost();
}

/* By one of those who have it. */
static inline void lock_count_shared(struct lock_block *lock)
{
	if (__builtin_expect(lock != NULL, 1))
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	else
		lock_count_lost();
}

/* NULL: no room, which is counted. */
struct wait_block *wait_find(const struct lock_block *lock,
			     const struct thread_block *thread, uint32_t site,
			     uint32_t owner_site);

void lock_table_restart(void); /* in a forked child */

#endif
