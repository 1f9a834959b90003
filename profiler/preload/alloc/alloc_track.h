/*
 * preload/alloc/alloc_track.h - more than counts: call sites, live bytes and
 * lifetimes.
 *
 * Tracking is switched on before main, or not at all. The hooks count a call
 * before they report it here; nothing here changes those totals.
 *
 * Order      track_free is called before the block is given back,
 *            track_allocation after the allocation has succeeded.
 * Memory     all memory is mapped; nothing is allocated by malloc.
 * Signals    if a signal handler interrupts one of these functions and
 *            allocates, that allocation is counted at site 0.
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
 * To be called before this thread waits for others. Its live bytes are added to
 * the sum of all threads; if all threads wait at the same time, the peak is
 * exact.
 */
void track_settle(void);

/*
 * The call site of any other hook that was entered there; 0: it is not known.
 * Not to be called in a signal handler.
 */
uint32_t track_site_of(struct thread_block *self,
		       const struct stack_entry *entry);

/*
 * For realloc, which may succeed or fail. Before the call, the record of the
 * old block is taken out. After it, the block is reported as freed, or its
 * record is put back. track_take returns false if the block has no record.
 */
bool track_take(const void *block, struct live_record *record);
void track_put_back(const void *block, const struct live_record *record);
void track_freed(struct thread_block *self, const void *block,
		 const struct live_record *record);

/* To be called in a forked child, with one thread, after arena_restart(). */
void track_restart(void);

#endif
