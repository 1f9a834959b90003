/*
 * forward.c - messages gather in a buffer, sent when it is full and at the
 * end of the batch.
 */
#include "forward.h"

#include "digest.h"
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES 65536

static size_t write_message(const struct frame *frame, uint8_t *message)
{
	uint8_t *at = message;

	at = put_u16(at, frame->station);
	at = put_u16(at, frame->payload_bytes);
	at = put_u32(at, frame->sequence);
	at = put_u64(at, frame->time_ns);
	memcpy(at, frame->bytes + FRAME_HEADER_BYTES, frame->payload_bytes);
	return MESSAGE_HEADER_BYTES + (size_t)frame->payload_bytes;
}

static int send_all(int fd, const uint8_t *bytes, size_t bytes_count)
{
	while (bytes_count > 0) {
		ssize_t count = write(fd, bytes, bytes_count);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		bytes += count;
		bytes_count -= (size_t)count;
	}
	return 0;
}

static size_t gather_frame(struct forwarder *forwarder,
			   const struct frame *frame, uint8_t *at)
{
	size_t message_bytes = write_message(frame, at);

	forwarder->digest = digest_bytes(forwarder->digest, at, message_bytes);
	forwarder->messages_count++;
	return message_bytes;
}

int forward_batch(struct forwarder *forwarder, const struct batch *batch)
{
	uint8_t buffer[BUFFER_BYTES];
	size_t used = 0;
	int err = 0;

	for (size_t i = 0; !err && i < batch->frames_count; i++) {
		used += gather_frame(forwarder, &batch->frames[i],
				     buffer + used);
		if (used > BUFFER_BYTES - MESSAGE_BYTES_MAX) {
			err = send_all(forwarder->fd, buffer, used);
			used = 0;
		}
	}
	return err ? err : send_all(forwarder->fd, buffer, used);
}
