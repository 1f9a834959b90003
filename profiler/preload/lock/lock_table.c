/* Finds or makes the block of a lock by its address and kind. */
#include "preload/lock/lock_table.h"
#include "preload/arena.h"
#include "preload/thread_counts.h"
#include <stdbool.h>
#include <string.h>

#define PROBES_MAX 32u
#define WAIT_SLOTS (1u << 14)
/*
 * A program that makes and destroys locks without end must not fill the memory.
 * After so many ends, a lock uses the block of the lock that had its address
 * before.
 */
#define ENDS_MAX (1u << 18)

typedef _Atomic(struct wait_block *) wait_slot;

lock_slot lock_slots[LOCK_SLOTS];
_Atomic uint32_t lock_busy_count;
static wait_slot wait_slots[WAIT_SLOTS];

/*
 * Marks a slot whose lock was destroyed. A search goes on behind it, because
 * locks that collided with that one may follow.
 */
static struct lock_block ended;
static _Atomic uint32_t ends_count;

void lock_count_lost(void)
{
	count_add(&thread_self()->locks_lost_count, 1);
}

static struct lock_block *make_lock(uint64_t key)
{
	struct lock_block *made = arena_take(BLOCK_LOCK, sizeof(*made));

	if (made) {
		made->key = key;
		made->address = lock_address_of(key);
		made->kind = lock_kind_of(key);
	}
	return made;
}

static lock_slot *probe(uint64_t key, uint32_t at)
{
	return &lock_slots[(lock_slot_of(key) + at) % LOCK_SLOTS];
}

static bool is_free(const struct lock_block *there)
{
	return !there || there == &ended;
}

/* *place is set to a slot where the lock can be put, or to NULL. */
static struct lock_block *look_up(uint64_t key, lock_slot **place)
{
	*place = NULL;
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		lock_slot *slot = probe(key, i);
		struct lock_block *there = atomic_load(slot);

		if (there && there->key == key)
			return there;
		if (is_free(there) && !*place)
			*place = slot;
		if (!there)
			break;
	}
	return NULL;
}

struct lock_block *lock_find_slow(uint64_t key)
{
	struct lock_block *made = NULL, *there, *before;
	lock_slot *place;

	/*
	 * If another thread is faster, the block that we made stays in the
	 * arena unused.
	 */
	while (!(there = look_up(key, &place)) && place) {
		if (!made && !(made = make_lock(key)))
			return NULL;
		before = atomic_load(place);
		if (is_free(before) &&
		    atomic_compare_exchange_strong(place, &before, made))
			return made;
	}
	return there;
}

struct lock_block *lock_find_known(const void *lock, enum lock_kind kind)
{
	lock_slot *unused;

	return look_up(lock_key(lock, kind), &unused);
}

/*
 * No thread ever waited for this lock, so its block has no waits to keep, and
 * nobody needs to know where its holder released it.
 */
static bool is_dispensable(const struct lock_block *lock)
{
	return !__atomic_load_n(&lock->was_awaited, __ATOMIC_RELAXED);
}

/* The other lock's block stays in the arena, with what it has counted. */
static struct lock_block *take_place(uint64_t key)
{
	struct lock_block *made = NULL;

	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		struct lock_block *there = atomic_load(probe(key, i));

		if (!there || !is_dispensable(there))
			continue;
		if (!made && !(made = make_lock(key)))
			return NULL;
		if (atomic_compare_exchange_strong(probe(key, i), &there, made))
			return made;
	}
	return NULL;
}

struct lock_block *lock_find_awaited(const void *lock, enum lock_kind kind)
{
	struct lock_block *found = lock_find(lock, kind);

	if (!found)
		found = take_place(lock_key(lock, kind));
	if (found)
		__atomic_store_n(&found->was_awaited, 1, __ATOMIC_RELAXED);
	return found;
}

void lock_end(struct lock_block *block)
{
	if (is_dispensable(block) || atomic_load(&ends_count) >= ENDS_MAX)
		return;
	atomic_fetch_add(&ends_count, 1);
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		struct lock_block *there = block;

		if (atomic_compare_exchange_strong(probe(block->key, i), &there,
						   &ended))
			return;
	}
}

static bool is_wait(const struct wait_block *wait,
		    const struct wait_block *like)
{
	return wait->lock_at == like->lock_at &&
	       wait->thread_at == like->thread_at && wait->site == like->site &&
	       wait->owner_site == like->owner_site;
}

static struct wait_block *make_wait(const struct wait_block *like)
{
	struct wait_block *made = arena_take(BLOCK_WAIT, sizeof(*made));

	if (made)
		*made = *like;
	return made;
}

static struct wait_block *find_or_make(const struct wait_block *like,
				       uint64_t hash)
{
	struct wait_block *made = NULL;

	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		wait_slot *slot = &wait_slots[(hash + i) % WAIT_SLOTS];
		struct wait_block *there = atomic_load(slot);

		if (!there && !made)
			made = make_wait(like);
		if (!there && !made)
			return NULL;
		if (!there &&
		    atomic_compare_exchange_strong(slot, &there, made))
			return made;
		if (is_wait(there, like))
			return there;
	}
	return NULL;
}

struct wait_block *wait_find(const struct lock_block *lock,
			     const struct thread_block *thread, uint32_t site,
			     uint32_t owner_site)
{
	const struct wait_block like = {
		.lock_at = arena_offset_of(lock),
		.thread_at = arena_offset_of(thread),
		.site = site,
		.owner_site = owner_site,
	};
	uint64_t hash = (like.lock_at * 31 + like.thread_at) * 31 +
			site * UINT64_C(0x10001) + owner_site;
	struct wait_block *found;

	hash = hash * UINT64_C(0x9e3779b97f4a7c15) >> 32;
	found = find_or_make(&like, hash);
	if (!found)
		lock_count_lost();
	return found;
}

void lock_table_restart(void)
{
	atomic_store(&lock_busy_count, 0);
	atomic_store(&ends_count, 0);
	memset(lock_slots, 0, sizeof(lock_slots));
	memset(wait_slots, 0, sizeof(wait_slots));
}
