/* Finds or makes the site of a call stack, without a lock, and its rows. */
#include "preload/stack/call_sites.h"
#include "preload/arena.h"
#include "preload/stack/process_texts.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

/* Twice as many slots as there can be sites, so that searches stay short. */
#define SLOTS (SITES_MAX * 2)

typedef _Atomic(struct site_block *) site_slot;

static _Atomic(site_slot *) slots;

/*
 * Each frame has a multiplier of its own, so that the order of frames changes
 * the hash. The products do not depend on each other, so that the processor
 * computes several at once.
 */
static uint64_t hash_of(const struct stack *stack, uint16_t stage)
{
	uint64_t hash =
		stage + UINT64_C(0x9e3779b97f4a7c15) + stack->modules_hash;

	for (size_t i = 0; i < stack->frames_count; i++)
		hash += stack->frames[i] *
			(UINT64_C(0xff51afd7ed558ccd) * (2 * i + 1));
	hash ^= hash >> 32;
	return hash * UINT64_C(0xc4ceb9fe1a85ec53);
}

static bool is_same(const struct site_block *site, uint64_t hash,
		    const struct stack *stack, uint16_t stage)
{
	return site->hash == hash && site->stage == stage &&
	       site->frames_count == stack->frames_count &&
	       memcmp(site->frames, stack->frames,
		      stack->frames_count * sizeof(*stack->frames)) == 0;
}

static struct site_block *make_site(uint64_t hash, const struct stack *stack,
				    uint16_t stage)
{
	struct arena_head *head = arena_get_head();
	size_t bytes = stack->frames_count * sizeof(*stack->frames);
	uint64_t id =
		__atomic_add_fetch(&head->sites_count, 1, __ATOMIC_RELAXED);
	struct site_block *site =
		id < SITES_MAX ? arena_take(BLOCK_SITE, sizeof(*site) + bytes)
			       : NULL;

	if (!site)
		return NULL;
	site->hash = hash;
	site->stage = stage;
	site->truth = (uint16_t)stack->truth;
	site->maps_at = process_maps_newest();
	site->frames_count = (uint32_t)stack->frames_count;
	memcpy(site->frames, stack->frames, bytes);
	/* The id is stored last: a site with id 0 is still being made. */
	__atomic_store_n(&site->id, (uint32_t)id, __ATOMIC_RELEASE);
	return site;
}

static site_slot *get_slots(void)
{
	site_slot *table = atomic_load_explicit(&slots, memory_order_acquire);
	site_slot *expected = NULL;

	if (table)
		return table;
	table = mmap(NULL, SLOTS * sizeof(*table), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED)
		return NULL;
	if (atomic_compare_exchange_strong(&slots, &expected, table))
		return table;
	munmap(table, SLOTS * sizeof(*table));
	return expected;
}

uint32_t call_site_id(const struct stack *stack, uint16_t stage)
{
	uint64_t hash = hash_of(stack, stage);
	site_slot *table = get_slots();
	struct site_block *made = NULL;

	for (uint64_t at = hash >> 32; table; at++) {
		site_slot *slot = &table[at % SLOTS];
		struct site_block *there = atomic_load(slot);

		if (!there && !made)
			made = make_site(hash, stack, stage);
		if (!there && !made)
			break;
		if (!there &&
		    atomic_compare_exchange_strong(slot, &there, made))
			return made->id;
		/*
		 * If another thread was faster, the site that we made stays
		 * unused, without rows.
		 */
		if (is_same(there, hash, stack, stage))
			return there->id;
	}
	__atomic_fetch_add(&arena_get_head()->sites_lost_count, 1,
			   __ATOMIC_RELAXED);
	return 0;
}

const struct site_block *call_site_find(uint32_t id)
{
	const struct site_block *site = NULL;

	while (id && (site = arena_next(BLOCK_SITE, site)))
		if (site->id == id)
			break;
	return site;
}

struct site_row *call_site_row_slow(struct site_rows *rows,
				    const struct thread_block *thread,
				    uint32_t site)
{
	struct rows_block *block = arena_take(BLOCK_ROWS, sizeof(*block));

	if (!block)
		return NULL;
	block->thread_at = arena_offset_of(thread);
	block->first_site = site / ROWS_PER_BLOCK * ROWS_PER_BLOCK;
	rows->blocks[site / ROWS_PER_BLOCK] = block;
	return &block->rows[site % ROWS_PER_BLOCK];
}

void call_sites_restart(void)
{
	site_slot *table = atomic_load(&slots);

	if (table)
		madvise(table, SLOTS * sizeof(*table), MADV_DONTNEED);
}
