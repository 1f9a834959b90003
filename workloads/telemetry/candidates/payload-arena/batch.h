/*
 * batch.h - the frames of one batch on their way through the stages.
 *
 * Ownership  the batch owns its frames and the copies of their bytes;
 *            everything is valid until batch_reset() or batch_free().
 * Errors     0 or -ENOMEM.
 * Read next  reject.h, what becomes of frames that do not get through.
 */
#ifndef TELEMETRY_BATCH_H
#define TELEMETRY_BATCH_H

#include <stddef.h>
#include <stdint.h>

struct frame {
	uint64_t time_ns;
	uint32_t sequence;
	uint32_t bytes_count;
	uint16_t station;
	uint16_t payload_bytes;
	uint8_t version;
	uint8_t kind;
	uint8_t *bytes; /* the whole frame as it came, header to checksum */
};

/* Memory for copies of bytes, handed out front to back. */
struct arena_block {
	struct arena_block *next;
	size_t used_bytes;
	uint8_t bytes[65536];
};

struct batch {
	struct arena_block *blocks; /* the one in use comes first */
	struct frame *frames;
	size_t frames_count;
	size_t frames_capacity;
};

/* The receive buffer is reused, so a frame gets a copy of its bytes. */
uint8_t *batch_copy_bytes(struct batch *batch, const uint8_t *bytes,
			  size_t bytes_count);

int batch_append(struct batch *batch, const struct frame *frame);

/* The frame leaves the batch; its place is the caller's to fill. */
void batch_drop(struct batch *batch, struct frame *frame);

/* Empties the batch for the next one. */
void batch_reset(struct batch *batch);
void batch_free(struct batch *batch);

#endif
