/*
 * preload/timer/timer_write.h - the sampler's end of a timer ring.
 *
 * Errors     timer_write_open: 0 or -errno. The others count what they
 *            cannot write, in the ring's head.
 * Threads    any, at once.
 * Signals    all of it is safe in handlers, and needs little stack.
 * Read next  timer_ring.h.
 */
#ifndef PRELOAD_TIMER_TIMER_WRITE_H
#define PRELOAD_TIMER_TIMER_WRITE_H

#include "preload/hand_over.h"
#include "shared_memory/timer_ring.h"

struct timer_ring {
	struct timer_ring_head *head;
	uint8_t *data;
};

/*
 * A new file in the folder, all its blocks allocated; where that is out of
 * reach, memory that is handed over.
 */
int timer_write_open(struct timer_ring *ring, const char *folder,
		     const struct handover *handover);
void timer_write_close(struct timer_ring *ring);

/* Room for a record of that many bytes, all unwritten; NULL: counted. */
struct timer_record *timer_write_reserve(const struct timer_ring *ring,
					 uint32_t bytes);
/* It is complete: the reader may have it. */
void timer_write_commit(struct timer_record *record,
			enum timer_record_kind kind);

/* What is mapped now, for processes that will be gone when it is asked. */
void timer_write_maps(const struct timer_ring *ring);

#endif
