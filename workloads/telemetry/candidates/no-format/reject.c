/*
 * reject.c - what is known of each frame that was turned away.
 */
#include "reject.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const reasons[REJECT_REASONS_COUNT] = {
	[REJECT_VERSION] = "unknown frame version",
	[REJECT_STATION] = "station is not registered",
	[REJECT_CLOCK] = "time stamp outside the accepted window",
	[REJECT_CHECKSUM] = "checksum of the content differs",
	[REJECT_DUPLICATE] = "already seen in this batch",
};

static int grow(struct reject_log *log)
{
	size_t capacity = log->entries_capacity ? 2 * log->entries_capacity : 8;
	struct reject *entries =
		realloc(log->entries, capacity * sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	log->entries = entries;
	log->entries_capacity = capacity;
	return 0;
}

int reject_log_add(struct reject_log *log, const struct frame *frame,
		   enum reject_reason reason, uint64_t found)
{
	if (log->entries_count == log->entries_capacity && grow(log))
		return -ENOMEM;
	log->entries[log->entries_count++] = (struct reject){
		.time_ns = frame->time_ns,
		.found = found,
		.sequence = frame->sequence,
		.station = frame->station,
		.reason = (uint8_t)reason,
	};
	log->reason_counts[reason]++;
	return 0;
}

int reject_log_text(const struct reject_log *log, size_t index, char *text,
		    size_t size)
{
	const struct reject *reject;

	if (index >= log->entries_count)
		return -ENOENT;
	reject = &log->entries[index];
	return snprintf(text, size,
			"station %u frame %" PRIu32 " at %" PRIu64
			" ns: %s (%" PRIu64 ")",
			reject->station, reject->sequence, reject->time_ns,
			reasons[reject->reason], reject->found);
}

void reject_log_reset(struct reject_log *log)
{
	free(log->entries);
	*log = (struct reject_log){0};
}
