/*
 * sources/perf_ring.h - the ring buffer that the kernel fills and we drain.
 *
 *	clinic_perf_ring_begin(ring);
 *	while ((record = clinic_perf_ring_peek(ring))) {
 *		...
 *		clinic_perf_ring_next(ring);
 *	}
 *	clinic_perf_ring_end(ring);
 *
 * Ownership  the descriptor still belongs to the caller. A record is valid
 *            until the next peek: one that wraps is joined in the ring's own
 *            buffer.
 * Errors     0 or -errno: -EPERM or -ENOMEM above the limit of locked memory
 *            (kernel.perf_event_mlock_kb, RLIMIT_MEMLOCK).
 * Threads    one reader per ring.
 */
#ifndef CLINIC_SOURCES_PERF_RING_H
#define CLINIC_SOURCES_PERF_RING_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

#define CLINIC_PERF_RECORD_MAX 65536 /* its size field has 16 bits */

struct clinic_perf_ring {
	struct perf_event_mmap_page *page;
	const uint8_t *data;
	size_t data_bytes; /* a power of two */
	uint64_t head;     /* as of begin */
	uint64_t tail;
	uint8_t *joined; /* CLINIC_PERF_RECORD_MAX */
	uint64_t damaged_count;
};

/* data_bytes: a power of two of at least a page. */
int clinic_perf_ring_map(struct clinic_perf_ring *ring, int fd,
			 size_t data_bytes);
void clinic_perf_ring_unmap(struct clinic_perf_ring *ring);

/* Begins a round, in which all records that are in the ring now can be read. */
void clinic_perf_ring_begin(struct clinic_perf_ring *ring);
/* The oldest record, or NULL. */
const struct perf_event_header *
clinic_perf_ring_peek(struct clinic_perf_ring *ring);
void clinic_perf_ring_next(struct clinic_perf_ring *ring);
/* Returns the room of all records that were read to the kernel. */
void clinic_perf_ring_end(struct clinic_perf_ring *ring);

#endif
