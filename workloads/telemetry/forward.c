/*
 * forward.c - a message for each frame, sent as soon as it is made.
 */
#include "forward.h"

#include "digest.h"
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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

static int forward_frame(struct forwarder *forwarder, const struct frame *frame)
{
	uint8_t message[MESSAGE_BYTES_MAX];
	size_t message_bytes = write_message(frame, message);

	forwarder->digest =
		digest_bytes(forwarder->digest, message, message_bytes);
	forwarder->messages_count++;
	return send_all(forwarder->fd, message, message_bytes);
}

int forward_batch(struct forwarder *forwarder, const struct batch *batch)
{
	int err = 0;

	for (size_t i = 0; !err && i < batch->frames_count; i++)
		err = forward_frame(forwarder, &batch->frames[i]);
	return err;
}
