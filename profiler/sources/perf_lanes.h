/*
 * sources/perf_lanes.h - one ring per CPU, read as one stream in order of time.
 *
 *	struct clinic_perf_lanes lanes = {0};
 *	clinic_perf_lanes_add_cpus(&lanes);
 *	clinic_perf_lane_join(&lanes, &lanes.at[i], event_fd);
 *	clinic_perf_lanes_drain(&lanes, &decoder, until_ns, on_event, context);
 *	clinic_perf_lanes_free(&lanes);
 *
 * All events of a CPU write into the ring of its lane. Departures have lanes
 * of their own, because a sample does not say to which event it belongs.
 *
 * Loss       a record that cannot be read counts as one lost.
 * Ownership  the events belong to the caller, and outlive the lanes.
 * Errors     0 or -errno, or what on_event returned.
 * Read next  perf_ring.h, one ring; perf_record.h, one record.
 */
#ifndef CLINIC_SOURCES_PERF_LANES_H
#define CLINIC_SOURCES_PERF_LANES_H

#include "sources/perf_record.h"
#include "sources/perf_ring.h"

/* One CPU: its ring, and the oldest record in it. */
struct clinic_perf_lane {
	int cpu;
	bool takes_departures; /* only these; otherwise everything else */
	struct clinic_perf_ring ring;
	int ring_fd; /* of the event that owns it; -1: none yet */
	const struct perf_event_header *record;
	uint64_t record_ns;
};

struct clinic_perf_lanes {
	struct clinic_perf_lane *at;
	size_t count, capacity;
	size_t ring_bytes; /* the granted size of each ring; 0: none yet */
	/* our clock - the kernel's clock, modulo 2^64 */
	uint64_t shift_ns;
	uint64_t lost_count; /* by the kernel's records of losses */
};

/* One lane for each CPU that is online. */
int clinic_perf_lanes_add_cpus(struct clinic_perf_lanes *lanes);
/* Adds a second lane for each CPU, for departures. */
int clinic_perf_lanes_add_departures(struct clinic_perf_lanes *lanes);
void clinic_perf_lanes_free(struct clinic_perf_lanes *lanes);

/* Lets an event write into this lane; the first one maps the ring. After that
 * no lanes may be added, because the memory was divided by their count. */
int clinic_perf_lane_join(struct clinic_perf_lanes *lanes,
			  struct clinic_perf_lane *lane, int event_fd);

/* Emits everything before until_ns of all CPUs, oldest first. */
int clinic_perf_lanes_drain(struct clinic_perf_lanes *lanes,
			    struct clinic_perf_decoder *decoder,
			    uint64_t until_ns, clinic_on_event *on_event,
			    void *context);

#endif
