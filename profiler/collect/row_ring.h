/*
 * collect/row_ring.h - a ring of rows with a time, of bounded size.
 *
 * The ring grows up to a limit. From then on, each new row overwrites the
 * oldest one, and these are counted. So a recording may last for days.
 *
 *	struct clinic_row_ring ring = {.row_bytes = sizeof(row), .most = N};
 *
 *	clinic_row_ring_add(&ring, &row);
 *	clinic_row_ring_sort(&ring);
 *	for (i = clinic_row_ring_from(&ring, t); i < ring.count; i++)
 *		clinic_row_ring_at(&ring, i);
 *
 * Layout     a row begins with its time, uint64_t time_ns.
 * Errors     0 or -ENOMEM.
 * Threads    one.
 */
#ifndef CLINIC_COLLECT_ROW_RING_H
#define CLINIC_COLLECT_ROW_RING_H

#include <stddef.h>
#include <stdint.h>

#include "collect/renumbering.h"

struct clinic_row_ring {
	size_t row_bytes;
	size_t most; /* rows */
	void *rows;
	size_t count, capacity;
	size_t oldest; /* its place, once the ring is full */
	uint64_t overwritten_count;
};

int clinic_row_ring_add(struct clinic_row_ring *ring, const void *row);

/* Sorts by time: not all rows are added in order of time. */
void clinic_row_ring_sort(struct clinic_row_ring *ring);
/* The i-th row in order. */
void *clinic_row_ring_at(const struct clinic_row_ring *ring, size_t i);
/* The first row that is not before that time; count: there is none. */
size_t clinic_row_ring_from(const struct clinic_row_ring *ring,
			    uint64_t time_ns);

/* Calls on_number for the uint32_t at that offset of each row. */
void clinic_row_ring_numbers(struct clinic_row_ring *ring, size_t offset,
			     clinic_on_number *on_number, void *context);

void clinic_row_ring_free(struct clinic_row_ring *ring);

#endif
