/*
 * preload/alloc/alloc_track.h - beyond counts: call sites, live bytes,
 * lifetimes.
 *
 * Switched on before main, or not at all. The hooks have counted already
 * when they come here; nothing here changes those totals.
 *
 * Order      track_free before the block is given back, track_allocation
 *            after it was had.
 * Memory     all of it is mapped, none of it from the allocator, except that
 *            a thread's first call asks the C library for its stack's bounds.
 * Signals    an allocation in a handler that interrupts one of these on the
 *            same thread is counted at site 0.
 * Threads    any, without a lock.
 * Read next  preload/stack/stack_walk.h, preload/stack/call_sites.h,
 * preload/alloc/live_blocks.h
 */
#ifndef PRELOAD_ALLOC_ALLOC_TRACK_H
#define PRELOAD_ALLOC_ALLOC_TRACK_H

#include "preload/alloc/live_blocks.h"
#include "preload/alloc/track_plan.h"
#include "preload/stack/stack_walk.h"

void track_open(const struct track_plan *plan);

void track_allocation(struct thread_block *self, const void *block,
		      size_t bytes, const struct stack_entry *entry);
void track_free(struct thread_block *self, const void *block);

/*
 * This thread is about to wait for others: what it holds is in the common sum
 * from now on. Where all threads stop together, the peak is exact.
 */
void track_settle(void);

/* The site of any other hook; 0: not to be had. Not for signal handlers. */
uint32_t track_site_of(struct thread_block *self,
		       const struct stack_entry *entry);

/*
 * realloc gives the old block back before it is known whether that works:
 * its record is taken out, and put back or freed afterwards.
 */
bool track_take(const void *block, struct live_record *record);
void track_put_back(const void *block, const struct live_record *record);
void track_freed(struct thread_block *self, const void *block,
		 const struct live_record *record);

/* In a forked child, alone, once its arena is new. */
void track_restart(void);

#endif
