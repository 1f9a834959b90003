/*
 * pipeline_test.c - each stage by itself, then all of them in a row.
 *
 * It uses only the headers' contracts, so that it holds for every candidate:
 * test_telemetry_candidates.py compiles it with each of them.
 */
#include "batch.h"
#include "checksum.h"
#include "dedup.h"
#include "forward.h"
#include "ingress.h"
#include "made_stream.h"
#include "order.h"
#include "pipeline.h"
#include "reject.h"
#include "source.h"
#include "validate.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void fix_checksum(uint8_t *frame)
{
	size_t content_bytes = FRAME_HEADER_BYTES + (size_t)get_u16(frame + 2);

	put_u32(frame + content_bytes, checksum_of(frame, content_bytes));
}

static int ingest(const struct stream *stream, size_t step_bytes,
		  struct batch *batch)
{
	struct drip drip = {{&drip_kind}, stream, 0, step_bytes};
	struct ingress *ingress = calloc(1, sizeof(*ingress));
	int err;

	assert_non_null(ingress);
	ingress->source = &drip.source;
	err = ingest_batch(ingress, batch);
	free(ingress);
	return err;
}

/* A batch of good frames with these time stamps, in this order. */
static struct batch batch_of(const uint64_t *times_ns, size_t count)
{
	struct stream stream = stream_new();
	struct batch batch = {0};

	for (size_t i = 0; i < count; i++)
		stream_add(&stream, STATION, (uint32_t)i, times_ns[i], 1);
	assert_int_equal(ingest(&stream, 4096, &batch), 0);
	free(stream.bytes);
	return batch;
}

static int prepare(void **state)
{
	(void)state;
	checksum_prepare();
	return 0;
}

static uint32_t checksum_bit_by_bit(const uint8_t *bytes, size_t count)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < 8 * count; i++) {
		uint32_t bit = (uint32_t)(bytes[i / 8] >> i % 8) & 1u;

		crc = (crc >> 1) ^ ((crc ^ bit) & 1u ? 0xedb88320u : 0u);
	}
	return ~crc;
}

static void checksum_is_that_of_ieee_802_3(void **state)
{
	uint8_t bytes[256];

	(void)state;
	assert_int_equal(checksum_of((const uint8_t *)"123456789", 9),
			 0xcbf43926);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 151 + 7);
	for (size_t begin = 0; begin < 9; begin++)
		for (size_t count = 0; count < 200; count++)
			assert_int_equal(
				checksum_of(bytes + begin, count),
				checksum_bit_by_bit(bytes + begin, count));
}

static void frames_are_found_wherever_the_stream_is_cut(void **state)
{
	static const size_t steps[] = {1, 2, 3, 7, 19, 100, 5000};
	struct stream stream = stream_new();

	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		stream_add(&stream, STATION, i, TIME_NS + i,
			   (uint16_t)(i * 26));
	for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		struct batch batch = {0};

		assert_int_equal(ingest(&stream, steps[s], &batch), 0);
		assert_int_equal(batch.frames_count, 40);
		for (uint32_t i = 0; i < 40; i++) {
			const struct frame *frame = &batch.frames[i];

			assert_int_equal(frame->sequence, i);
			assert_int_equal(frame->time_ns, TIME_NS + i);
			assert_int_equal(frame->station, STATION);
			assert_int_equal(frame->payload_bytes, i * 26);
			assert_int_equal(
				checksum_of(frame->bytes,
					    frame->bytes_count - 4),
				get_u32(frame->bytes + frame->bytes_count - 4));
		}
		batch_free(&batch);
	}
	free(stream.bytes);
}

static void a_stream_that_is_not_ours_is_refused(void **state)
{
	struct stream stream = stream_new();
	struct batch batch = {0};
	uint8_t *second;

	(void)state;
	stream_add(&stream, STATION, 0, TIME_NS, 10);
	second = stream_add(&stream, STATION, 1, TIME_NS, 10);
	second[0] ^= 1;
	assert_int_equal(ingest(&stream, 100, &batch), -EPROTO);
	second[0] ^= 1;
	put_u16(second + 2, PAYLOAD_BYTES_MAX + 1);
	assert_int_equal(ingest(&stream, 100, &batch), -EPROTO);
	put_u32(stream.bytes, BATCH_MAGIC + 1);
	assert_int_equal(ingest(&stream, 100, &batch), -EPROTO);
	batch_free(&batch);
	free(stream.bytes);
}

static void a_stream_that_ends_within_a_batch_is_an_error(void **state)
{
	struct stream stream = stream_new();

	(void)state;
	stream_add(&stream, STATION, 0, TIME_NS, 30);
	for (size_t left = 0; left < stream.bytes_count; left++) {
		struct stream cut = stream;
		struct batch batch = {0};

		cut.bytes_count = left;
		assert_int_equal(ingest(&cut, 100, &batch), -EPIPE);
		batch_free(&batch);
	}
	free(stream.bytes);
}

static void assert_text(const struct reject_log *log, size_t index,
			const char *expected)
{
	char text[200];
	int length = reject_log_text(log, index, text, sizeof(text));

	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
}

static void each_fault_is_rejected_with_its_reason(void **state)
{
	struct stream stream = stream_new();
	struct reject_log log = {0};
	struct batch batch = {0};
	uint8_t *frame;

	(void)state;
	stream_add(&stream, 101, 1, TIME_NS, 16);
	frame = stream_add(&stream, 102, 2, TIME_NS, 16);
	frame[4] = 9;
	fix_checksum(frame);
	stream_add(&stream, 999, 3, TIME_NS, 16);
	stream_add(&stream, 103, 4, 0, 16);
	frame = stream_add(&stream, 104, 5, TIME_NS, 16);
	frame[FRAME_HEADER_BYTES + 3] ^= 0x10;
	put_u32(frame + FRAME_HEADER_BYTES + 16, 77);
	stream_add(&stream, 108, 6, TIME_NS, 16);
	assert_int_equal(ingest(&stream, 100, &batch), 0);

	assert_int_equal(validate_batch(&batch, &log), 0);
	assert_int_equal(batch.frames_count, 2);
	assert_int_equal(batch.frames[0].sequence, 1);
	assert_int_equal(batch.frames[1].sequence, 6);
	assert_int_equal(log.entries_count, 4);
	assert_int_equal(log.reason_counts[REJECT_VERSION], 1);
	assert_int_equal(log.reason_counts[REJECT_STATION], 1);
	assert_int_equal(log.reason_counts[REJECT_CLOCK], 1);
	assert_int_equal(log.reason_counts[REJECT_CHECKSUM], 1);
	batch_free(&batch);
	assert_text(&log, 0,
		    "station 102 frame 2 at 1767225600000000000 ns: unknown "
		    "frame version (9)");
	assert_text(&log, 1,
		    "station 999 frame 3 at 1767225600000000000 ns: station "
		    "is not registered (999)");
	assert_text(&log, 2,
		    "station 103 frame 4 at 0 ns: time stamp outside the "
		    "accepted window (0)");
	assert_text(&log, 3,
		    "station 104 frame 5 at 1767225600000000000 ns: checksum "
		    "of the content differs (77)");
	assert_int_equal(reject_log_text(&log, 4, NULL, 0), -ENOENT);
	reject_log_reset(&log);
	assert_int_equal(log.entries_count, 0);
	free(stream.bytes);
}

static void every_flipped_bit_is_seen(void **state)
{
	struct stream stream = stream_new();
	uint8_t *frame = stream_add(&stream, STATION, 1, TIME_NS, 16);

	(void)state;
	/* The first four bytes are the framing, which TCP keeps whole. */
	for (size_t bit = 32; bit < 8 * (FRAME_HEADER_BYTES + 16 + 4); bit++) {
		struct reject_log log = {0};
		struct batch batch = {0};

		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ingest(&stream, 100, &batch), 0);
		assert_int_equal(validate_batch(&batch, &log), 0);
		assert_int_equal(batch.frames_count, 0);
		assert_int_equal(log.entries_count, 1);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		batch_free(&batch);
		reject_log_reset(&log);
	}
	free(stream.bytes);
}

static void the_first_copy_stays(void **state)
{
	struct stream stream = stream_new();
	struct dedup *dedup = dedup_new();
	struct reject_log log = {0};
	struct batch batch = {0};

	(void)state;
	stream_add(&stream, 101, 7, TIME_NS, 1);
	stream_add(&stream, 102, 7, TIME_NS, 2);
	stream_add(&stream, 101, 7, TIME_NS, 3);
	stream_add(&stream, 101, 8, TIME_NS, 4);
	stream_add(&stream, 101, 7, TIME_NS, 5);
	assert_int_equal(ingest(&stream, 100, &batch), 0);
	assert_int_equal(dedup_batch(dedup, &batch, &log), 0);
	assert_int_equal(batch.frames_count, 3);
	assert_int_equal(batch.frames[0].payload_bytes, 1);
	assert_int_equal(batch.frames[1].payload_bytes, 2);
	assert_int_equal(batch.frames[2].payload_bytes, 4);
	assert_int_equal(log.reason_counts[REJECT_DUPLICATE], 2);
	assert_text(&log, 0,
		    "station 101 frame 7 at 1767225600000000000 ns: already "
		    "seen in this batch (7)");
	batch_free(&batch);
	reject_log_reset(&log);
	dedup_free(dedup);
	free(stream.bytes);
}

/* What a kept table gets wrong when it is not cleared. */
static void a_frame_of_an_earlier_batch_is_new(void **state)
{
	static const size_t counts[] = {5000, 3, 5000, 1, 0, 700};
	struct dedup *dedup = dedup_new();
	uint64_t *times_ns = calloc(5000, sizeof(*times_ns));

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct batch batch = batch_of(times_ns, counts[i]);
		struct reject_log log = {0};

		assert_int_equal(dedup_batch(dedup, &batch, &log), 0);
		assert_int_equal(batch.frames_count, counts[i]);
		assert_int_equal(log.entries_count, 0);
		batch_free(&batch);
	}
	free(times_ns);
	dedup_free(dedup);
}

static void a_batch_of_nothing_but_copies_leaves_one(void **state)
{
	struct stream stream = stream_new();
	struct dedup *dedup = dedup_new();
	struct reject_log log = {0};
	struct batch batch = {0};

	(void)state;
	for (int i = 0; i < 3000; i++)
		stream_add(&stream, 101, 7, TIME_NS, 1);
	assert_int_equal(ingest(&stream, 4096, &batch), 0);
	assert_int_equal(dedup_batch(dedup, &batch, &log), 0);
	assert_int_equal(batch.frames_count, 1);
	assert_int_equal(log.reason_counts[REJECT_DUPLICATE], 2999);
	batch_free(&batch);
	reject_log_reset(&log);
	dedup_free(dedup);
	free(stream.bytes);
}

static void assert_ordered(struct batch *batch)
{
	uint64_t sum = 0;

	assert_int_equal(order_batch(batch), 0);
	for (size_t i = 0; i < batch->frames_count; i++) {
		const struct frame *frame = &batch->frames[i];

		sum += frame->sequence;
		if (i == 0)
			continue;
		assert_true(frame[-1].time_ns <= frame->time_ns);
		if (frame[-1].time_ns == frame->time_ns)
			assert_true(frame[-1].sequence < frame->sequence);
	}
	/* None lost, none doubled: the sequence numbers are 0 to count - 1. */
	assert_int_equal(sum,
			 batch->frames_count * (batch->frames_count - 1) / 2);
}

/* In order, reversed, random, all equal, and in order but for the last. */
static void any_arrival_is_put_in_order(void **state)
{
	enum { COUNT = 2000, PATTERNS = 5 };
	uint64_t *times_ns = calloc(COUNT, sizeof(*times_ns));
	uint64_t random = 1;

	(void)state;
	for (int pattern = 0; pattern < PATTERNS; pattern++) {
		struct batch batch;

		for (size_t i = 0; i < COUNT; i++) {
			random = random * 6364136223846793005u + 1442695u;
			times_ns[i] = pattern == 0   ? i
				      : pattern == 1 ? COUNT - i
				      : pattern == 2 ? random >> 54
				      : pattern == 3 ? 5
						     : i + 1;
		}
		if (pattern == 4)
			times_ns[COUNT - 1] = 0;
		batch = batch_of(times_ns, COUNT);
		assert_ordered(&batch);
		batch_free(&batch);
	}
	free(times_ns);
}

static void empty_and_single_batches_are_in_order(void **state)
{
	const uint64_t time_ns = 1;

	(void)state;
	for (size_t count = 0; count < 2; count++) {
		struct batch batch = batch_of(&time_ns, count);

		assert_int_equal(order_batch(&batch), 0);
		assert_int_equal(batch.frames_count, count);
		batch_free(&batch);
	}
}

static void equal_times_go_by_station(void **state)
{
	struct stream stream = stream_new();
	struct batch batch = {0};

	(void)state;
	stream_add(&stream, 103, 0, TIME_NS, 1);
	stream_add(&stream, 101, 9, TIME_NS, 1);
	stream_add(&stream, 102, 5, TIME_NS, 1);
	assert_int_equal(ingest(&stream, 100, &batch), 0);
	assert_int_equal(order_batch(&batch), 0);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(batch.frames[i].station, 101 + i);
	batch_free(&batch);
	free(stream.bytes);
}

/* More than any buffer holds, so that a forwarder that gathers has to flush. */
static void every_message_arrives_whole_and_in_order(void **state)
{
	enum { COUNT = 900 };
	char path[] = "/tmp/pipeline_test.XXXXXX";
	struct forwarder forwarder = {.fd = mkstemp(path)};
	struct stream stream = stream_new();
	struct batch batch = {0};
	uint8_t message[MESSAGE_BYTES_MAX];

	(void)state;
	assert_true(forwarder.fd >= 0);
	unlink(path);
	for (uint32_t i = 0; i < COUNT; i++)
		stream_add(&stream, STATION, i, TIME_NS + i,
			   (uint16_t)(i % 1000));
	assert_int_equal(ingest(&stream, 4096, &batch), 0);
	assert_int_equal(forward_batch(&forwarder, &batch), 0);
	assert_int_equal(forwarder.messages_count, COUNT);
	assert_int_equal(lseek(forwarder.fd, 0, SEEK_SET), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		size_t bytes_count = MESSAGE_HEADER_BYTES + i % 1000;

		assert_int_equal(read(forwarder.fd, message, bytes_count),
				 bytes_count);
		assert_int_equal(get_u16(message), STATION);
		assert_int_equal(get_u16(message + 2), i % 1000);
		assert_int_equal(get_u32(message + 4), i);
		assert_int_equal(get_u64(message + 8), TIME_NS + i);
		assert_memory_equal(message + MESSAGE_HEADER_BYTES,
				    batch.frames[i].bytes + FRAME_HEADER_BYTES,
				    i % 1000);
	}
	assert_int_equal(read(forwarder.fd, message, 1), 0);
	close(forwarder.fd);
	batch_free(&batch);
	free(stream.bytes);
}

static void a_link_that_fails_is_an_error(void **state)
{
	const uint64_t time_ns = TIME_NS;
	struct batch batch = batch_of(&time_ns, 1);
	struct forwarder forwarder = {.fd = open("/dev/full", O_WRONLY)};

	(void)state;
	assert_int_equal(forward_batch(&forwarder, &batch), -ENOSPC);
	close(forwarder.fd);
	batch_free(&batch);
}

static void memory_and_tcp_give_the_same_digest_every_time(void **state)
{
	struct stream stream = mixed_stream(3000);
	int fd = open("/dev/null", O_WRONLY);
	struct pipeline *pipelines[] = {
		pipeline_on(source_memory_open, &stream, fd),
		pipeline_on(source_tcp_open, &stream, fd),
	};
	uint64_t first = 0;

	(void)state;
	assert_int_equal(pipeline_run(pipelines[0], &first), 0);
	for (int run = 0; run < 3; run++)
		for (int i = 0; i < 2; i++) {
			uint64_t digest = 0;

			assert_int_equal(pipeline_run(pipelines[i], &digest),
					 0);
			assert_int_equal(digest, first);
			assert_true(
				pipeline_rejects(pipelines[i])->entries_count >
				200);
		}
	pipeline_free(pipelines[0]);
	pipeline_free(pipelines[1]);
	close(fd);
	free(stream.bytes);
}

/* Or else equal answers would prove little. */
static void the_digest_tells_one_byte_one_place_and_one_reason(void **state)
{
	struct stream stream = stream_new();
	struct stream swapped = stream_new();
	struct stream reason = stream_new();
	uint64_t digest;
	uint8_t *frame;

	(void)state;
	frame = stream_add(&stream, 101, 1, TIME_NS, 20);
	stream_add(&stream, 101, 2, TIME_NS + 1, 20);
	stream_add(&stream, 999, 3, TIME_NS + 2, 20);
	digest = digest_of(&stream);
	for (size_t i = 0; i < 20; i++) {
		frame[FRAME_HEADER_BYTES + i] ^= 0x80;
		fix_checksum(frame);
		assert_int_not_equal(digest_of(&stream), digest);
		frame[FRAME_HEADER_BYTES + i] ^= 0x80;
		fix_checksum(frame);
	}
	assert_int_equal(digest_of(&stream), digest);

	stream_add(&swapped, 101, 1, TIME_NS + 1, 20);
	stream_add(&swapped, 101, 2, TIME_NS, 20);
	stream_add(&swapped, 999, 3, TIME_NS + 2, 20);
	assert_int_not_equal(digest_of(&swapped), digest);

	stream_add(&reason, 101, 1, TIME_NS, 20);
	stream_add(&reason, 101, 2, TIME_NS + 1, 20);
	stream_add(&reason, 102, 3, 0, 20);
	assert_int_not_equal(digest_of(&reason), digest);
	free(stream.bytes);
	free(swapped.bytes);
	free(reason.bytes);
}

/* The station may be in the middle of sending, with all buffers full. */
static void closing_ends_a_station_that_is_still_sending(void **state)
{
	struct stream stream = stream_new();
	struct source *source;

	(void)state;
	stream.bytes_count = STREAM_BYTES_MAX;
	for (int requests = 0; requests < 20; requests++) {
		assert_int_equal(source_tcp_open(&source, stream.bytes,
						 stream.bytes_count),
				 0);
		for (int i = 0; i < requests; i++)
			assert_int_equal(source_request(source), 0);
		source_close(source);
	}
	free(stream.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_is_that_of_ieee_802_3),
		cmocka_unit_test(frames_are_found_wherever_the_stream_is_cut),
		cmocka_unit_test(a_stream_that_is_not_ours_is_refused),
		cmocka_unit_test(a_stream_that_ends_within_a_batch_is_an_error),
		cmocka_unit_test(each_fault_is_rejected_with_its_reason),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(the_first_copy_stays),
		cmocka_unit_test(a_frame_of_an_earlier_batch_is_new),
		cmocka_unit_test(a_batch_of_nothing_but_copies_leaves_one),
		cmocka_unit_test(any_arrival_is_put_in_order),
		cmocka_unit_test(empty_and_single_batches_are_in_order),
		cmocka_unit_test(equal_times_go_by_station),
		cmocka_unit_test(every_message_arrives_whole_and_in_order),
		cmocka_unit_test(a_link_that_fails_is_an_error),
		cmocka_unit_test(
			memory_and_tcp_give_the_same_digest_every_time),
		cmocka_unit_test(
			the_digest_tells_one_byte_one_place_and_one_reason),
		cmocka_unit_test(closing_ends_a_station_that_is_still_sending),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
