/*
 * threaded_pipeline_test.c - the stages as threads give the answers of the
 * stages in a row, and end when their stream or their link does.
 *
 * Like pipeline_test.c, it is compiled with every candidate.
 */
#include "checksum.h"
#include "made_stream.h"
#include "threaded_pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int prepare(void **state)
{
	(void)state;
	checksum_prepare();
	return 0;
}

/* More batches than are in flight at a time, and their answers. */
#define THREADED_BATCHES 30

struct answers {
	uint64_t digests[THREADED_BATCHES];
	size_t count;
};

static void note_answer(void *context, uint64_t digest)
{
	struct answers *answers = context;

	assert_true(answers->count < THREADED_BATCHES);
	answers->digests[answers->count++] = digest;
}

static void threads_give_the_answer_of_the_stages_in_a_row(void **state)
{
	struct stream stream = mixed_stream(700);
	const uint64_t expected = digest_of(&stream);
	struct answers answers = {0};
	struct source *source;
	int fd = open("/dev/null", O_WRONLY);

	(void)state;
	assert_int_equal(
		source_tcp_open(&source, stream.bytes, stream.bytes_count), 0);
	assert_int_equal(threaded_pipeline_run(source, fd, THREADED_BATCHES,
					       note_answer, &answers),
			 0);
	assert_int_equal(answers.count, THREADED_BATCHES);
	for (size_t i = 0; i < answers.count; i++)
		assert_int_equal(answers.digests[i], expected);
	source_close(source);
	close(fd);
	free(stream.bytes);
}

/* The first is whole, the second is cut off: one answer, and an error. */
static void threads_end_where_their_stream_ends(void **state)
{
	struct stream stream = mixed_stream(100);
	struct drip drip = {{&drip_kind}, &stream, 0, 4096};
	struct answers answers = {0};
	int fd = open("/dev/null", O_WRONLY);

	(void)state;
	assert_int_equal(threaded_pipeline_run(&drip.source, fd, 1, note_answer,
					       &answers),
			 0);
	stream.bytes_count -= 3;
	assert_int_equal(threaded_pipeline_run(&drip.source, fd, 20,
					       note_answer, &answers),
			 -EPIPE);
	assert_int_equal(answers.count, 1);
	close(fd);
	free(stream.bytes);
}

static void threads_end_when_their_link_fails(void **state)
{
	struct stream stream = mixed_stream(100);
	struct answers answers = {0};
	struct source *source;
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_int_equal(
		source_memory_open(&source, stream.bytes, stream.bytes_count),
		0);
	assert_int_equal(threaded_pipeline_run(source, fd, THREADED_BATCHES,
					       note_answer, &answers),
			 -ENOSPC);
	assert_int_equal(answers.count, 0);
	source_close(source);
	close(fd);
	free(stream.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			threads_give_the_answer_of_the_stages_in_a_row),
		cmocka_unit_test(threads_end_where_their_stream_ends),
		cmocka_unit_test(threads_end_when_their_link_fails),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
