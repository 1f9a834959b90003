/*
 * preload/alloc/live_blocks.h - a record of each live block: its call site, its
 * size and when it was allocated.
 *
 * The records are a shadow of the address space. Memory is divided into
 * granules, in each of which at most one block begins; the place of a granule's
 * record of 16 bytes is computed from the address. No lock is needed: between
 * malloc and free an address has one owner, and so has its record.
 *
 *	address   46 ... 20     19 ... 5 (or 4)     the bits below
 *	          region        granule             not used
 *
 *	live_regions[region] -> record[granule]
 *
 * Memory     pages are used where blocks begin: with the C library's allocator
 *            at most half as much memory as the heap, with another one at most
 *            as much. They are never freed, because a heap uses its addresses
 *            again.
 * Errors     a record for which there is no memory is lost, and the free of
 *            that block is counted as unmatched.
 * Threads    any, without a lock.
 * Read next  preload/alloc/alloc_track.h
 */
#ifndef PRELOAD_ALLOC_LIVE_BLOCKS_H
#define PRELOAD_ALLOC_LIVE_BLOCKS_H

#include "shared_memory/arena_layout.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct live_record {
	uint64_t site : 18;
	uint64_t born : 46; /* ticks >> LIVE_TICKS_SHIFT */
	uint64_t bytes : 44;
	uint64_t weight : 19; /* the number of blocks that this stands for */
	uint64_t is_live : 1;
};

#define LIVE_TICKS_SHIFT 4u
#define LIVE_BORN_MAX    ((UINT64_C(1) << 46) - 1)
#define LIVE_BYTES_MAX   ((UINT64_C(1) << 44) - 1)

_Static_assert(sizeof(struct live_record) == 16, "one for each granule");
_Static_assert(SITES_MAX <= 1u << 18, "a site id fits");

/*
 * `born` lacks the upper bits of the ticks, so the result is wrong for a block
 * that is older than 2^50 ticks: with 2 to 3 ticks a nanosecond, four to six
 * days.
 */
static inline uint64_t live_age_ticks(const struct live_record *record,
				      uint64_t ticks)
{
	uint64_t age = (ticks >> LIVE_TICKS_SHIFT) - record->born;

	return (age & LIVE_BORN_MAX) << LIVE_TICKS_SHIFT;
}

/*
 * The shift from an address to its granule. Blocks of the C library's allocator
 * have a header between them, and so begin at least 32 bytes apart; other
 * allocators only align blocks to 16 bytes.
 */
enum live_granule { LIVE_GRANULE_16 = 4, LIVE_GRANULE_32 = 5 };

#define LIVE_REGION_SHIFT 20u
#define LIVE_ADDRESS_BITS 47u

typedef _Atomic(struct live_record *) live_region;

extern __attribute__((visibility("hidden"))) live_region *live_regions;
extern __attribute__((visibility("hidden"))) enum live_granule live_granule;

/* To be called once, first. Returns false without enough address space. */
bool live_open(enum live_granule granule);

/* To be called in a forked child: forgets the parent's blocks. */
void live_restart(void);

/* Makes the place for the record of that block; NULL: there is no memory. */
struct live_record *live_make_place(const void *block);

static inline live_region *live_region_of(const void *block)
{
	return &live_regions[(uintptr_t)block >> LIVE_REGION_SHIFT];
}

static inline size_t live_index_of(const void *block)
{
	return (uintptr_t)block % (1u << LIVE_REGION_SHIFT) >> live_granule;
}

/* The place of that block's record; NULL: it has not been made yet. */
static inline struct live_record *live_place(const void *block)
{
	struct live_record *region = atomic_load_explicit(live_region_of(block),
							  memory_order_acquire);

	return region ? region + live_index_of(block) : NULL;
}

static inline struct live_record *live_place_for(const void *block)
{
	struct live_record *place = live_place(block);

	return place ? place : live_make_place(block);
}

static inline void live_put(const void *block, const struct live_record *record)
{
	struct live_record *place = live_place_for(block);

	if (place)
		*place = *record;
}

/*
 * Marks the block's record as no longer live, and returns it; NULL: the block
 * has no live record.
 */
static inline const struct live_record *live_end(const void *block)
{
	struct live_record *place = live_place(block);

	if (__builtin_expect(!place, 0) || !place->is_live)
		return NULL;
	place->is_live = 0;
	return place;
}

/* The same, with a copy of the record. Returns false if there was none. */
static inline bool live_take(const void *block, struct live_record *record)
{
	const struct live_record *place = live_end(block);

	if (place)
		*record = *place;
	return place != NULL;
}

#endif
