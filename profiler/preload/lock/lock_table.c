/* Finds or makes the row of a lock by its address. */
#include "preload/lock/lock_table.h"
#include "preload/arena.h"
#include <stdbool.h>
#include <string.h>

#define PROBES_MAX 32u
#define WAIT_SLOTS (1u << 14)

typedef _Atomic(struct wait_block *) wait_slot;

lock_slot lock_slots[LOCK_SLOTS];
_Atomic uint32_t lock_busy_count;
static wait_slot wait_slots[WAIT_SLOTS];

static struct lock_block *make_lock(const void *lock, enum lock_kind kind)
{
	struct lock_block *made = arena_take(BLOCK_LOCK, sizeof(*made));

	if (made) {
		made->address = (uintptr_t)lock;
		made->kind = kind;
	}
	return made;
}

struct lock_block *lock_find_slow(const void *lock, enum lock_kind kind)
{
	struct lock_block *made = NULL;

	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		lock_slot *slot =
			&lock_slots[(lock_slot_of(lock) + i) % LOCK_SLOTS];
		struct lock_block *there = atomic_load(slot);

		if (!there && !made)
			made = make_lock(lock, kind);
		if (!there && !made)
			return NULL;
		/* What we made in vain stays: nobody ever waits for it. */
		if (!there &&
		    atomic_compare_exchange_strong(slot, &there, made))
			return made;
		if (there->address == (uintptr_t)lock)
			return there;
	}
	return NULL;
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
	struct wait_block *made = NULL;

	hash = hash * UINT64_C(0x9e3779b97f4a7c15) >> 32;
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		wait_slot *slot = &wait_slots[(hash + i) % WAIT_SLOTS];
		struct wait_block *there = atomic_load(slot);

		if (!there && !made)
			made = make_wait(&like);
		if (!there && !made)
			return NULL;
		if (!there &&
		    atomic_compare_exchange_strong(slot, &there, made))
			return made;
		if (is_wait(there, &like))
			return there;
	}
	return NULL;
}

void lock_table_restart(void)
{
	atomic_store(&lock_busy_count, 0);
	memset(lock_slots, 0, sizeof(lock_slots));
	memset(wait_slots, 0, sizeof(wait_slots));
}
