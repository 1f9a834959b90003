/*
 * ingress.c - receive, find the frames, copy each out of the buffer.
 */
#include "ingress.h"

#include "wire.h"

#include <errno.h>
#include <string.h>

/* Until at least needed bytes stand together at ingress->begin. */
static int receive(struct ingress *ingress, size_t needed)
{
	size_t have = ingress->end - ingress->begin;

	if (have >= needed)
		return 0;
	memmove(ingress->buffer, ingress->buffer + ingress->begin, have);
	ingress->begin = 0;
	ingress->end = have;
	while (ingress->end < needed) {
		ssize_t count = source_read(ingress->source,
					    ingress->buffer + ingress->end,
					    RECEIVE_BYTES - ingress->end);

		if (count < 0)
			return (int)count;
		if (count == 0)
			return -EPIPE;
		ingress->end += (size_t)count;
	}
	return 0;
}

static int take_batch_header(struct ingress *ingress, uint32_t *frames_count)
{
	const uint8_t *at;
	int err = receive(ingress, BATCH_HEADER_BYTES);

	if (err)
		return err;
	at = ingress->buffer + ingress->begin;
	if (get_u32(at) != BATCH_MAGIC)
		return -EPROTO;
	*frames_count = get_u32(at + 4);
	ingress->begin += BATCH_HEADER_BYTES;
	return *frames_count <= BATCH_FRAMES_MAX ? 0 : -EPROTO;
}

static void parse_header(const uint8_t *at, struct frame *frame)
{
	frame->payload_bytes = get_u16(at + 2);
	frame->version = at[4];
	frame->kind = at[5];
	frame->station = get_u16(at + 6);
	frame->sequence = get_u32(at + 8);
	frame->time_ns = get_u64(at + 12);
	frame->bytes_count = FRAME_HEADER_BYTES + CHECKSUM_BYTES +
			     (uint32_t)frame->payload_bytes;
}

static int take_frame(struct ingress *ingress, struct batch *batch)
{
	struct frame frame;
	const uint8_t *at;
	int err = receive(ingress, FRAME_HEADER_BYTES);

	if (err)
		return err;
	at = ingress->buffer + ingress->begin;
	parse_header(at, &frame);
	if (get_u16(at) != FRAME_MAGIC ||
	    frame.payload_bytes > PAYLOAD_BYTES_MAX)
		return -EPROTO;
	err = receive(ingress, frame.bytes_count);
	if (err)
		return err;
	frame.bytes = batch_copy_bytes(batch, ingress->buffer + ingress->begin,
				       frame.bytes_count);
	if (!frame.bytes)
		return -ENOMEM;
	ingress->begin += frame.bytes_count;
	err = batch_append(batch, &frame);
	if (err)
		batch_drop(batch, &frame);
	return err;
}

int ingest_batch(struct ingress *ingress, struct batch *batch)
{
	uint32_t frames_count = 0;
	int err = source_request(ingress->source);

	if (!err)
		err = take_batch_header(ingress, &frames_count);
	for (uint32_t i = 0; !err && i < frames_count; i++)
		err = take_frame(ingress, batch);
	return err;
}
