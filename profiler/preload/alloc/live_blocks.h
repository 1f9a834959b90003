/*
 * preload/alloc/live_blocks.h - which site every block that is alive came from.
 *
 * A shadow of the address space: sixteen bytes for each granule, in which at
 * most one block begins, found by arithmetic. There is nothing to lock:
 * between malloc and free an address has one owner, and so has its record.
 *
 * Memory     pages appear where blocks begin: at most half as much as the
 *            heap of the C library, as much as any other. They are kept, as
 *            a heap's addresses come back.
 * Errors     live_put of what cannot be kept drops it; its free will then
 *            be counted as unmatched.
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
	uint64_t weight : 19; /* how many blocks this one stands for */
	uint64_t is_live : 1;
};

#define LIVE_TICKS_SHIFT 4u
#define LIVE_BORN_MAX    ((UINT64_C(1) << 46) - 1)
#define LIVE_BYTES_MAX   ((UINT64_C(1) << 44) - 1)

_Static_assert(sizeof(struct live_record) == 16, "one a granule");
_Static_assert(SITES_MAX <= 1u << 18, "a site id fits");

/* born is cut short: it goes round in five days, or some. */
static inline uint64_t live_age_ticks(const struct live_record *record,
				      uint64_t ticks)
{
	uint64_t age = (ticks >> LIVE_TICKS_SHIFT) - record->born;

	return (age & LIVE_BORN_MAX) << LIVE_TICKS_SHIFT;
}

/*
 * Two blocks of the C library have a header between them, and lie 32 bytes
 * apart at least; others align to 16.
 */
enum live_granule { LIVE_GRANULE_16 = 4, LIVE_GRANULE_32 = 5 };

#define LIVE_REGION_SHIFT 20u
#define LIVE_ADDRESS_BITS 47u

typedef _Atomic(struct live_record *) live_region;

extern __attribute__((visibility("hidden"))) live_region *live_regions;
extern __attribute__((visibility("hidden"))) enum live_granule live_granule;

/* Once, before all else. false: not enough address space. */
bool live_open(enum live_granule granule);

/* In a forked child: what it inherited is nobody's here. */
void live_restart(void);

/* Makes the place of an address that has none yet; NULL: no memory. */
struct live_record *live_make_place(const void *block);

static inline live_region *live_region_of(const void *block)
{
	return &live_regions[(uintptr_t)block >> LIVE_REGION_SHIFT];
}

static inline size_t live_index_of(const void *block)
{
	return (uintptr_t)block % (1u << LIVE_REGION_SHIFT) >> live_granule;
}

/* Where the record of that block is; NULL: there is no place for it yet. */
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

/* The record, which is live no longer, in its place; NULL: there was none. */
static inline const struct live_record *live_end(const void *block)
{
	struct live_record *place = live_place(block);

	if (__builtin_expect(!place, 0) || !place->is_live)
		return NULL;
	place->is_live = 0;
	return place;
}

/* The record, which is no longer there; false: there was none. */
static inline bool live_take(const void *block, struct live_record *record)
{
	const struct live_record *place = live_end(block);

	if (place)
		*record = *place;
	return place != NULL;
}

#endif
