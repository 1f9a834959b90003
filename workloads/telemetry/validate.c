/*
 * validate.c - version, station, clock, checksum; the cheap ones first.
 */
#include "validate.h"

#include "checksum.h"
#include "wire.h"

#include <stdbool.h>

/* Time stamps before the mission, or decades after it, are broken clocks. */
#define TIME_NS_MIN 1704067200000000000ull /* 2024-01-01 00:00 UTC */
#define TIME_NS_MAX 2524608000000000000ull /* 2050-01-01 00:00 UTC */

static const uint16_t stations[] = {101, 102, 103, 104, 105, 106, 107, 108};

static bool is_registered(uint16_t station)
{
	for (size_t i = 0; i < sizeof(stations) / sizeof(stations[0]); i++)
		if (stations[i] == station)
			return true;
	return false;
}

static bool has_right_checksum(const struct frame *frame)
{
	size_t content_bytes = frame->bytes_count - CHECKSUM_BYTES;

	return checksum_of(frame->bytes, content_bytes) ==
	       get_u32(frame->bytes + content_bytes);
}

/* True when the frame is good; else the reason and the value found. */
static bool is_valid(const struct frame *frame, enum reject_reason *reason,
		     uint64_t *found)
{
	if (frame->version != FRAME_VERSION) {
		*reason = REJECT_VERSION;
		*found = frame->version;
	} else if (!is_registered(frame->station)) {
		*reason = REJECT_STATION;
		*found = frame->station;
	} else if (frame->time_ns < TIME_NS_MIN ||
		   frame->time_ns > TIME_NS_MAX) {
		*reason = REJECT_CLOCK;
		*found = frame->time_ns;
	} else if (!has_right_checksum(frame)) {
		*reason = REJECT_CHECKSUM;
		*found = get_u32(frame->bytes + frame->bytes_count -
				 CHECKSUM_BYTES);
	} else {
		return true;
	}
	return false;
}

int validate_batch(struct batch *batch, struct reject_log *rejects)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < batch->frames_count; i++) {
		struct frame *frame = &batch->frames[i];
		enum reject_reason reason;
		uint64_t found;

		if (is_valid(frame, &reason, &found)) {
			batch->frames[kept++] = *frame;
			continue;
		}
		if (!err)
			err = reject_log_add(rejects, frame, reason, found);
		batch_drop(batch, frame);
	}
	batch->frames_count = kept;
	return err;
}
