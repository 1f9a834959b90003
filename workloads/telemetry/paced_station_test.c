/*
 * paced_station_test.c - a station sends every batch, ends with its link, and
 * knows which batches were late.
 */
#include "checksum.h"
#include "loopback.h"
#include "made_stream.h"
#include "paced_station.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int prepare(void **state)
{
	(void)state;
	checksum_prepare();
	return 0;
}

#define PACED_BATCHES 12

/* All due at once, so that the stream is as long as the buffers, and longer. */
static void a_station_sends_every_batch_that_is_due(void **state)
{
	struct stream stream = mixed_stream(900);
	const uint64_t expected = digest_of(&stream);
	struct sent_batch sent[PACED_BATCHES] = {{0}};
	struct paced_station *station;
	struct source *source;
	struct pipeline *pipeline;
	uint16_t port = 0;
	uint64_t cpu_ns, digest;
	int listener = loopback_listen(&port);
	int fd = open("/dev/null", O_WRONLY), link_fd;

	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(station_start(&station, port, stream.bytes,
				       stream.bytes_count, sent, PACED_BATCHES),
			 0);
	link_fd = accept(listener, NULL, NULL);
	assert_int_equal(source_connection_open(&source, link_fd), 0);
	pipeline = pipeline_new(source, fd);
	for (int i = 0; i < PACED_BATCHES; i++) {
		assert_int_equal(pipeline_run(pipeline, &digest), 0);
		assert_int_equal(digest, expected);
	}
	assert_int_equal(pipeline_run(pipeline, &digest), -EPIPE);
	assert_int_equal(station_end(station, &cpu_ns), 0);
	for (int i = 1; i < PACED_BATCHES; i++)
		assert_true(sent[i].sent_ns >= sent[i - 1].sent_ns);
	pipeline_free(pipeline);
	close(link_fd);
	close(listener);
	close(fd);
	free(stream.bytes);
}

static void a_station_ends_when_the_other_end_is_closed(void **state)
{
	struct stream stream = stream_new();
	struct sent_batch sent[PACED_BATCHES] = {{0}};
	struct paced_station *station;
	uint16_t port = 0;
	uint64_t cpu_ns;
	int listener = loopback_listen(&port);
	int link_fd;

	(void)state;
	stream.bytes_count = STREAM_BYTES_MAX;
	assert_int_equal(station_start(&station, port, stream.bytes,
				       stream.bytes_count, sent, PACED_BATCHES),
			 0);
	link_fd = accept(listener, NULL, NULL);
	assert_true(link_fd >= 0);
	close(link_fd);
	(void)station_end(station, &cpu_ns); /* It returns. */
	close(listener);
	free(stream.bytes);
}

static void a_port_in_use_is_an_error(void **state)
{
	uint16_t port = 0;
	int listener = loopback_listen(&port);

	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(loopback_listen(&port), -EADDRINUSE);
	close(listener);
}

/* Whoever had no room to send into was not late by itself. */
static void a_late_batch_is_late_unless_it_waited_for_room(void **state)
{
	const struct sent_batch sent[] = {
		{.due_ns = 5, .sent_ns = 5 + STATION_LATE_NS},
		{.due_ns = 5, .sent_ns = 6 + STATION_LATE_NS},
		{.due_ns = 5,
		 .sent_ns = 6 + STATION_LATE_NS,
		 .waited_for_room = true},
	};

	(void)state;
	assert_int_equal(station_late_count(sent, 3), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_station_sends_every_batch_that_is_due),
		cmocka_unit_test(a_station_ends_when_the_other_end_is_closed),
		cmocka_unit_test(a_port_in_use_is_an_error),
		cmocka_unit_test(
			a_late_batch_is_late_unless_it_waited_for_room),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
