/*
 * made_stream.h - streams that the unit tests make, sources that give them, and
 * the answer of the stages in a row. Only the tests include it.
 *
 * Units      _ns nanoseconds, as frames have their times.
 * Ownership  stream.bytes is freed by whoever made the stream.
 * Errors     a failure ends the test, by an assertion.
 * Read next  README.md, the table of the stream's format.
 */
#ifndef TELEMETRY_MADE_STREAM_H
#define TELEMETRY_MADE_STREAM_H

#include "checksum.h"
#include "pipeline.h"
#include "source.h"
#include "wire.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define STATION          104
#define TIME_NS          1767225600000000000ull
#define STREAM_BYTES_MAX 1000000

/* A stream as ground stations send it, written by the table in README.md. */
struct stream {
	uint8_t *bytes;
	size_t bytes_count;
	uint32_t frames_count;
};

static inline struct stream stream_new(void)
{
	struct stream stream = {.bytes = calloc(1, STREAM_BYTES_MAX),
				.bytes_count = BATCH_HEADER_BYTES};

	assert_non_null(stream.bytes);
	put_u32(stream.bytes, BATCH_MAGIC);
	return stream;
}

/* Returns where the frame begins, for faults to be put into it. */
static inline uint8_t *stream_add(struct stream *stream, uint16_t station,
				  uint32_t sequence, uint64_t time_ns,
				  uint16_t payload_bytes)
{
	uint8_t *frame = stream->bytes + stream->bytes_count;
	uint8_t *at = put_u16(frame, FRAME_MAGIC);

	at = put_u16(at, payload_bytes);
	*at++ = FRAME_VERSION;
	*at++ = 1;
	at = put_u64(put_u32(put_u16(at, station), sequence), time_ns);
	for (uint16_t i = 0; i < payload_bytes; i++)
		*at++ = (uint8_t)(sequence + i);
	at = put_u32(at, checksum_of(frame, (size_t)(at - frame)));
	stream->bytes_count += (size_t)(at - frame);
	put_u32(stream->bytes + 4, ++stream->frames_count);
	return frame;
}

/* Gives few bytes at a time: every frame is cut somewhere. */
struct drip {
	struct source source;
	const struct stream *stream;
	size_t read_bytes;
	size_t step_bytes;
};

static inline int drip_request(struct source *source)
{
	((struct drip *)source)->read_bytes = 0;
	return 0;
}

static inline ssize_t drip_read(struct source *source, uint8_t *into,
				size_t size)
{
	struct drip *drip = (struct drip *)source;
	size_t count = drip->stream->bytes_count - drip->read_bytes;

	if (count > drip->step_bytes)
		count = drip->step_bytes;
	if (count > size)
		count = size;
	memcpy(into, drip->stream->bytes + drip->read_bytes, count);
	drip->read_bytes += count;
	return (ssize_t)count;
}

static inline void drip_close(struct source *source)
{
	(void)source;
}

static const struct source_kind drip_kind = {drip_request, drip_read,
					     drip_close};

typedef int (*source_open)(struct source **, const uint8_t *, size_t);

static inline struct pipeline *pipeline_on(source_open open_source,
					   const struct stream *stream, int fd)
{
	struct pipeline *pipeline;
	struct source *source;

	assert_int_equal(
		open_source(&source, stream->bytes, stream->bytes_count), 0);
	pipeline = pipeline_new(source, fd);
	assert_non_null(pipeline);
	return pipeline;
}

/* Good frames, copies, bad checksums; late by up to 20 places. */
static inline struct stream mixed_stream(uint32_t frames_count)
{
	struct stream stream = stream_new();

	for (uint32_t i = 0; i < frames_count; i++) {
		uint32_t sequence = i % 13 == 12 ? i - 5 : i;
		uint64_t late = i % 7 == 6 ? 20 : 0;
		uint8_t *frame = stream_add(&stream,
					    (uint16_t)(101 + sequence % 8),
					    sequence, TIME_NS + sequence - late,
					    (uint16_t)(16 + sequence % 65));

		if (i % 31 == 30)
			frame[FRAME_HEADER_BYTES] ^= 1;
	}
	return stream;
}

static inline uint64_t digest_of(const struct stream *stream)
{
	int fd = open("/dev/null", O_WRONLY);
	struct pipeline *pipeline = pipeline_on(source_memory_open, stream, fd);
	uint64_t digest = 0;

	assert_int_equal(pipeline_run(pipeline, &digest), 0);
	pipeline_free(pipeline);
	close(fd);
	return digest;
}

#endif
