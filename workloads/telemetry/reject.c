/*
 * reject.c - one line of text for each frame that was turned away.
 */
#include "reject.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const reasons[REJECT_REASONS_COUNT] = {
	[REJECT_VERSION] = "unknown frame version",
	[REJECT_STATION] = "station is not registered",
	[REJECT_CLOCK] = "time stamp outside the accepted window",
	[REJECT_CHECKSUM] = "checksum of the content differs",
	[REJECT_DUPLICATE] = "already seen in this batch",
};

static char *format_text(const struct frame *frame, enum reject_reason reason,
			 uint64_t found)
{
	char text[REJECT_TEXT_BYTES];

	snprintf(text, sizeof(text),
		 "station %u frame %" PRIu32 " at %" PRIu64 " ns: %s (%" PRIu64
		 ")",
		 frame->station, frame->sequence, frame->time_ns,
		 reasons[reason], found);
	return strdup(text);
}

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
	char *text;

	if (log->entries_count == log->entries_capacity && grow(log))
		return -ENOMEM;
	text = format_text(frame, reason, found);
	if (!text)
		return -ENOMEM;
	log->entries[log->entries_count++].text = text;
	log->reason_counts[reason]++;
	return 0;
}

int reject_log_text(const struct reject_log *log, size_t index, char *text,
		    size_t size)
{
	if (index >= log->entries_count)
		return -ENOENT;
	return snprintf(text, size, "%s", log->entries[index].text);
}

void reject_log_reset(struct reject_log *log)
{
	for (size_t i = 0; i < log->entries_count; i++)
		free(log->entries[i].text);
	free(log->entries);
	*log = (struct reject_log){0};
}
