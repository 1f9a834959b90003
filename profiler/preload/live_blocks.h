/*
 * preload/live_blocks.h - which site every block that is alive came from.
 *
 * A shadow of the address space: sixteen bytes for each sixteen bytes that
 * an allocator may hand out, found by arithmetic. There is nothing to lock:
 * between malloc and free an address has one owner, and so has its record.
 *
 * Memory     pages appear where blocks begin: at most as much as the heap.
 *            They are kept, as a heap's addresses come back.
 * Errors     live_put of what cannot be kept drops it; its free will then
 *            be counted as unmatched.
 * Read next  preload/alloc_track.h
 */
#ifndef PRELOAD_LIVE_BLOCKS_H
#define PRELOAD_LIVE_BLOCKS_H

#include "preload/alloc_layout.h"
#include <stdbool.h>
#include <stddef.h>

struct live_record {
	uint64_t site : 18;
	uint64_t born : 46; /* ticks >> LIVE_TICKS_SHIFT */
	uint64_t bytes : 63;
	uint64_t is_live : 1;
};

#define LIVE_TICKS_SHIFT 4u
#define LIVE_BORN_MAX	 ((UINT64_C(1) << 46) - 1)
#define LIVE_BYTES_MAX	 ((UINT64_C(1) << 63) - 1)

_Static_assert(sizeof(struct live_record) == 16, "one a granule");
_Static_assert(SITES_MAX <= 1u << 18, "a site id fits");

/* Once, before all else. false: not enough address space. */
bool live_open(void);

void live_put(const void *block, const struct live_record *record);

/* The record, which is no longer there; false: there was none. */
bool live_take(const void *block, struct live_record *record);

/* In a forked child: what it inherited is nobody's here. */
void live_restart(void);

#endif
