/*
 * preload/timer/timer_write.h - write records into a timer ring.
 *
 * Errors     timer_write_open returns 0 or -errno. The other functions count
 *            in the ring's head what they cannot write.
 * Threads    any, at the same time.
 * Signals    safe in signal handlers; all of it needs little stack.
 * Read next  shared_memory/timer_ring.h
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
 * Makes the ring: a new file in the folder, with all its blocks allocated. If
 * that is not possible, the ring is memory that is handed over to the
 * collector.
 */
int timer_write_open(struct timer_ring *ring, const char *folder,
		     const struct handover *handover);
void timer_write_close(struct timer_ring *ring);

/*
 * Reserves a zeroed record of that many bytes; NULL: there is no room, and the
 * loss has been counted.
 */
struct timer_record *timer_write_reserve(const struct timer_ring *ring,
					 uint32_t bytes);
/* The record is complete: from now on the reader may read it. */
void timer_write_commit(struct timer_record *record,
			enum timer_record_kind kind);

/*
 * Writes records of what is mapped now, because the process may have ended when
 * the collector needs them.
 */
void timer_write_maps(const struct timer_ring *ring);

#endif
