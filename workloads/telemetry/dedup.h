/*
 * dedup.h - third stage: stations send again what they think was lost; the
 * first copy to arrive stays.
 *
 * A frame is known by station and sequence number, within one batch.
 *
 * Ownership  dedup_new() makes, dedup_free() frees.
 * Errors     0 or -ENOMEM.
 * Read next  order.h, the next stage.
 */
#ifndef TELEMETRY_DEDUP_H
#define TELEMETRY_DEDUP_H

#include "batch.h"
#include "reject.h"

struct dedup;

struct dedup *dedup_new(void);
void dedup_free(struct dedup *dedup);

int dedup_batch(struct dedup *dedup, struct batch *batch,
		struct reject_log *rejects);

#endif
