/*
 * ingress.h - first stage: a stream of bytes becomes a batch of frames.
 *
 * Errors     0 or -errno; -EPROTO when the stream is not ours, -EPIPE when
 *            it ends within a batch.
 * Read next  validate.h, the next stage.
 */
#ifndef TELEMETRY_INGRESS_H
#define TELEMETRY_INGRESS_H

#include "batch.h"
#include "source.h"

#include <stddef.h>
#include <stdint.h>

#define RECEIVE_BYTES 16384

struct ingress {
	struct source *source;
	size_t begin; /* of the bytes received and not yet taken */
	size_t end;
	uint8_t buffer[RECEIVE_BYTES];
};

/* Requests a batch and takes in all its frames, behind those already there. */
int ingest_batch(struct ingress *ingress, struct batch *batch);

#endif
