/*
 * reject.h - why frames of the last batch did not get through.
 *
 * Operators ask for the texts when a station's reject counter rises.
 *
 * Ownership  the log owns its entries, until reject_log_reset().
 * Errors     0 or -ENOMEM; -ENOENT for an entry that is not there.
 */
#ifndef TELEMETRY_REJECT_H
#define TELEMETRY_REJECT_H

#include "batch.h"

#include <stddef.h>
#include <stdint.h>

enum reject_reason {
	REJECT_VERSION,
	REJECT_STATION,
	REJECT_CLOCK,
	REJECT_CHECKSUM,
	REJECT_DUPLICATE,
	REJECT_REASONS_COUNT,
};

/* The facts; the text is made of them when somebody asks. */
struct reject {
	uint64_t time_ns;
	uint64_t found;
	uint32_t sequence;
	uint16_t station;
	uint8_t reason;
};

struct reject_log {
	struct reject *entries;
	size_t entries_count;
	size_t entries_capacity;
	size_t reason_counts[REJECT_REASONS_COUNT];
};

/* found: the value that was not acceptable. */
int reject_log_add(struct reject_log *log, const struct frame *frame,
		   enum reject_reason reason, uint64_t found);

/* Like snprintf(): the length the text has, cut to size. */
int reject_log_text(const struct reject_log *log, size_t index, char *text,
		    size_t size);

void reject_log_reset(struct reject_log *log);

#endif
