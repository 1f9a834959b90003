/* Reads the kernel's ring of one perf event. */
#include "sources/perf_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int clinic_perf_ring_map(struct clinic_perf_ring *ring, int fd,
			 size_t data_bytes)
{
	void *at = mmap(NULL, page_bytes() + data_bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);

	*ring = (struct clinic_perf_ring){.data_bytes = data_bytes};
	if (at == MAP_FAILED)
		return -errno;
	ring->page = at;
	ring->data = (const uint8_t *)at + page_bytes();
	ring->joined = malloc(CLINIC_PERF_RECORD_MAX);
	if (!ring->joined) {
		clinic_perf_ring_unmap(ring);
		return -ENOMEM;
	}
	return 0;
}

void clinic_perf_ring_unmap(struct clinic_perf_ring *ring)
{
	if (ring->page)
		munmap(ring->page, page_bytes() + ring->data_bytes);
	free(ring->joined);
	*ring = (struct clinic_perf_ring){0};
}

void clinic_perf_ring_begin(struct clinic_perf_ring *ring)
{
	/* Acquire: the records before head must be read after it. */
	ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	ring->tail = ring->page->data_tail;
}

/* Joins the two pieces of a record that wraps around the end of the ring. */
static const void *join(struct clinic_perf_ring *ring, size_t at, size_t size)
{
	size_t first = ring->data_bytes - at;

	if (size <= first)
		return ring->data + at;
	memcpy(ring->joined, ring->data + at, first);
	memcpy(ring->joined + first, ring->data, size - first);
	return ring->joined;
}

const struct perf_event_header *
clinic_perf_ring_peek(struct clinic_perf_ring *ring)
{
	size_t at = ring->tail & (ring->data_bytes - 1);
	const struct perf_event_header *header;

	if (ring->tail == ring->head)
		return NULL;
	/* Records are multiples of 8 bytes: a header never wraps. */
	header = (const void *)(ring->data + at);
	if (header->size < sizeof(*header) ||
	    header->size > ring->head - ring->tail) {
		/* The next record cannot be found: all are discarded. */
		ring->damaged_count++;
		ring->tail = ring->head;
		return NULL;
	}
	return join(ring, at, header->size);
}

void clinic_perf_ring_next(struct clinic_perf_ring *ring)
{
	size_t at = ring->tail & (ring->data_bytes - 1);
	const struct perf_event_header *header =
		(const void *)(ring->data + at);

	ring->tail += header->size;
}

void clinic_perf_ring_end(struct clinic_perf_ring *ring)
{
	/* Release: our reads are done before the kernel may overwrite. */
	__atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}
