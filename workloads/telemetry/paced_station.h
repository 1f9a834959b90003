/*
 * paced_station.h - a ground station that sends a batch whenever one is due,
 * whether or not the pipeline keeps up.
 *
 * The load is open-loop: no batch waits for the pipeline to finish another,
 * and what the pipeline makes wait counts from the time at which it was due.
 *
 * Units      nanoseconds from the start of station_start().
 * Ownership  station_start() makes and station_end() frees; batch and sent
 *            stay the caller's and must outlive the station.
 * Errors     0 or -errno.
 * Threads    the station sends in a thread of its own.
 * Read next  load/offered_batches.c, which offers a rate.
 */
#ifndef TELEMETRY_PACED_STATION_H
#define TELEMETRY_PACED_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A batch that is sent so much later than due was not sent on schedule. */
#define STATION_LATE_NS UINT64_C(10000000)

struct sent_batch {
	uint64_t due_ns; /* set by the caller; rising */
	uint64_t sent_ns;
	/* When it was due, the pipeline had not made room for it. */
	bool waited_for_room;
};

struct paced_station;

int station_start(struct paced_station **station, uint16_t port,
		  const uint8_t *batch, size_t batch_bytes,
		  struct sent_batch *sent, size_t batches_count);

/* Since the start. */
uint64_t station_elapsed_ns(const struct paced_station *station);

/*
 * Waits until all is sent, or the other end is closed. cpu_ns: the time that
 * the station's thread used.
 */
int station_end(struct paced_station *station, uint64_t *cpu_ns);

/* How many were sent late although there was room. */
size_t station_late_count(const struct sent_batch *sent, size_t batches_count);

#endif
