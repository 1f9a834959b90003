/* Merges the rings of several CPUs by time. */
#include "sources/perf_lanes.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "foundation/growing_array.h"

/*
 * On a busy machine the collector may wait for the CPU for 100 ms. At 999 Hz, 2
 * MiB hold a quarter of a second of samples with stacks of 8 KiB, and 60 ms
 * with 32 KiB. If so much is not granted, or there are many CPUs, a ring has
 * 512 KiB. Together with its control page, that is exactly what every user may
 * lock per CPU by default (kernel.perf_event_mlock_kb 516).
 */
#define RING_BYTES_MOST  (2048u << 10)
#define RINGS_BYTES_MOST (16384u << 10) /* all CPUs together */
#define RING_BYTES_USUAL (512u << 10)
#define RING_BYTES_LEAST (64u << 10)

static int add_lane(struct clinic_perf_lanes *lanes, int cpu,
		    bool takes_departures)
{
	struct clinic_perf_lane *grown = clinic_grow(
		lanes->at, lanes->count, &lanes->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	lanes->at = grown;
	grown[lanes->count++] = (struct clinic_perf_lane){
		.cpu = cpu,
		.takes_departures = takes_departures,
		.ring_fd = -1,
	};
	return 0;
}

/* Reads a list such as "0-3,8". */
static int add_listed_cpus(struct clinic_perf_lanes *lanes, FILE *online)
{
	int first, last, err = 0;
	char separator;

	while (!err && fscanf(online, "%d", &first) == 1) {
		last = first;
		if (fscanf(online, "%c", &separator) == 1 && separator == '-' &&
		    fscanf(online, "%d%*c", &last) < 1)
			last = first;
		for (int cpu = first; !err && cpu <= last; cpu++)
			err = add_lane(lanes, cpu, false);
	}
	return err;
}

int clinic_perf_lanes_add_cpus(struct clinic_perf_lanes *lanes)
{
	FILE *online = fopen("/sys/devices/system/cpu/online", "re");
	int err;

	if (!online)
		return add_lane(lanes, 0, false);
	err = add_listed_cpus(lanes, online);
	fclose(online);
	return err;
}

int clinic_perf_lanes_add_departures(struct clinic_perf_lanes *lanes)
{
	size_t cpus_count = lanes->count;
	int err = 0;

	for (size_t i = 0; !err && i < cpus_count; i++)
		err = add_lane(lanes, lanes->at[i].cpu, true);
	return err;
}

void clinic_perf_lanes_free(struct clinic_perf_lanes *lanes)
{
	for (size_t i = 0; i < lanes->count; i++)
		clinic_perf_ring_unmap(&lanes->at[i].ring);
	free(lanes->at);
}

static size_t wanted_bytes(const struct clinic_perf_lanes *lanes)
{
	return lanes->count <= RINGS_BYTES_MOST / RING_BYTES_MOST
		       ? RING_BYTES_MOST
		       : RING_BYTES_USUAL;
}

/* Locked memory may be scarce: this maps the largest ring that is granted. */
static int map_ring(struct clinic_perf_lanes *lanes,
		    struct clinic_perf_lane *lane, int fd)
{
	int err;

	if (!lanes->ring_bytes)
		lanes->ring_bytes = wanted_bytes(lanes);
	do {
		err = clinic_perf_ring_map(&lane->ring, fd, lanes->ring_bytes);
		if (!err)
			lane->ring_fd = fd;
		if (err != -EPERM && err != -ENOMEM)
			return err;
		lanes->ring_bytes /= 2;
	} while (lanes->ring_bytes >= RING_BYTES_LEAST);
	return err;
}

int clinic_perf_lane_join(struct clinic_perf_lanes *lanes,
			  struct clinic_perf_lane *lane, int fd)
{
	if (lane->ring_fd < 0)
		return map_ring(lanes, lane, fd);
	if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, lane->ring_fd))
		return -errno;
	return 0;
}

static void look_ahead(const struct clinic_perf_lanes *lanes,
		       struct clinic_perf_lane *lane)
{
	uint64_t record_ns;

	lane->record = clinic_perf_ring_peek(&lane->ring);
	if (!lane->record)
		return;
	record_ns = clinic_perf_record_time(lane->record);
	lane->record_ns = record_ns ? record_ns + lanes->shift_ns : 0;
}

static struct clinic_perf_lane *oldest_lane(struct clinic_perf_lanes *lanes,
					    uint64_t until_ns)
{
	struct clinic_perf_lane *oldest = NULL;

	for (size_t i = 0; i < lanes->count; i++) {
		struct clinic_perf_lane *lane = &lanes->at[i];

		if (lane->record && lane->record_ns < until_ns &&
		    (!oldest || lane->record_ns < oldest->record_ns))
			oldest = lane;
	}
	return oldest;
}

static struct clinic_event lost_event(uint64_t time_ns, uint64_t count)
{
	return (struct clinic_event){.kind = CLINIC_EVENT_LOST,
				     .time_ns = time_ns,
				     .lost_count = count};
}

/* A record that we cannot read counts as lost. */
static int hand_on(struct clinic_perf_lanes *lanes,
		   struct clinic_perf_decoder *decoder,
		   const struct clinic_perf_lane *lane,
		   clinic_on_event *on_event, void *context)
{
	struct clinic_event event;
	int found = clinic_perf_decode(decoder, lane->record, &event);

	event.time_ns = lane->record_ns;
	if (found > 0 && lane->record->type == PERF_RECORD_LOST)
		lanes->lost_count += event.lost_count;
	if (found < 0)
		event = lost_event(lane->record_ns, 1);
	else if (lane->takes_departures && event.kind == CLINIC_EVENT_SAMPLE)
		event.kind = CLINIC_EVENT_SWITCH_STACK;
	return found ? on_event(context, &event) : 0;
}

/* Gives the kernel its room back, and emits a loss for what could not be read.
 */
static int end_lane(struct clinic_perf_lane *lane, clinic_on_event *on_event,
		    void *context)
{
	struct clinic_event lost =
		lost_event(lane->record_ns, lane->ring.damaged_count);

	clinic_perf_ring_end(&lane->ring);
	lane->ring.damaged_count = 0;
	return lost.lost_count ? on_event(context, &lost) : 0;
}

int clinic_perf_lanes_drain(struct clinic_perf_lanes *lanes,
			    struct clinic_perf_decoder *decoder,
			    uint64_t until_ns, clinic_on_event *on_event,
			    void *context)
{
	struct clinic_perf_lane *lane;
	int err = 0;

	for (size_t i = 0; i < lanes->count; i++) {
		clinic_perf_ring_begin(&lanes->at[i].ring);
		look_ahead(lanes, &lanes->at[i]);
	}
	while (!err && (lane = oldest_lane(lanes, until_ns))) {
		err = hand_on(lanes, decoder, lane, on_event, context);
		clinic_perf_ring_next(&lane->ring);
		look_ahead(lanes, lane);
	}
	for (size_t i = 0; i < lanes->count; i++) {
		int late_err = end_lane(&lanes->at[i], on_event, context);

		err = err ? err : late_err;
	}
	return err;
}
