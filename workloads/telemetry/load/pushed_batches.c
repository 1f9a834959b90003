/*
 * pushed_batches.c - pushes batches from memory through the threads of the
 * pipeline as fast as they take them.
 *
 *	pushed_batches --batch FILE DAMAGED_PERCENT BATCHES
 *
 * So many of each hundred frames of FILE have a wrong checksum, as if a storm
 * stood over the ground stations: validation rejects them, and the stages after
 * it have less to do. One line of JSON has the time until the last batch was
 * forwarded, and a digest of all answers.
 *
 * Exit codes  0 done, 2 wrong usage, 4 the environment does not allow it.
 */
#include "batch_file.h"
#include "source.h"
#include "threaded_pipeline.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE      2
#define EXIT_IMPOSSIBLE 4

struct push {
	const char *batch_path;
	struct batch_file batch;
	uint64_t damaged_percent;
	uint64_t batches_count;
	uint64_t took_ns;
	uint64_t answers;
};

/* Spread evenly over the frames, whatever their number is. */
static bool is_damaged(uint64_t frame, uint64_t percent)
{
	return (frame + 1) * percent / 100 > frame * percent / 100;
}

/* Flips a bit in the last byte of a frame, which is one of its checksum. */
static int damage(const struct batch_file *batch, uint64_t percent)
{
	size_t end = BATCH_HEADER_BYTES;

	for (uint64_t frame = 0; frame < batch->frames_count; frame++) {
		if (end + FRAME_HEADER_BYTES > batch->bytes_count)
			return -EPROTO;
		end += FRAME_HEADER_BYTES + CHECKSUM_BYTES +
		       get_u16(batch->bytes + end + 2);
		if (end > batch->bytes_count)
			return -EPROTO;
		if (is_damaged(frame, percent))
			batch->bytes[end - 1] ^= 1;
	}
	return 0;
}

static void note_answer(void *context, uint64_t digest)
{
	struct push *push = context;

	push->answers = (push->answers ^ digest) * UINT64_C(0x100000001b3);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int push_into(struct push *push, int downstream_fd)
{
	struct source *source;
	uint64_t begun_ns = now_ns();
	int err = source_memory_open(&source, push->batch.bytes,
				     push->batch.bytes_count);

	if (err)
		return err;
	err = threaded_pipeline_run(source, downstream_fd, push->batches_count,
				    note_answer, push);
	push->took_ns = now_ns() - begun_ns;
	source_close(source);
	return err;
}

static int push_batches(struct push *push)
{
	int err = batch_file_read(&push->batch, push->batch_path);
	int downstream_fd;

	if (!err)
		err = damage(&push->batch, push->damaged_percent);
	if (err)
		return err;
	downstream_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (downstream_fd < 0)
		return -errno;
	err = push_into(push, downstream_fd);
	close(downstream_fd);
	return err;
}

static bool read_number(const char *text, uint64_t least, uint64_t most,
			uint64_t *number)
{
	char *end;

	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *number >= least &&
	       *number <= most;
}

static bool read_push(struct push *push, int argc, char **argv)
{
	if (argc != 5 || strcmp(argv[1], "--batch") != 0)
		return false;
	push->batch_path = argv[2];
	return read_number(argv[3], 0, 100, &push->damaged_percent) &&
	       read_number(argv[4], 1, UINT32_MAX, &push->batches_count);
}

static int explain_usage(void)
{
	fputs("usage: pushed_batches --batch FILE DAMAGED_PERCENT BATCHES\n",
	      stderr);
	return EXIT_USAGE;
}

static int explain_failure(const struct push *push, int err)
{
	fprintf(stderr, "pushed_batches: the batch of %s was not pushed: %s\n",
		push->batch_path, strerror(-err));
	return EXIT_IMPOSSIBLE;
}

int main(int argc, char **argv)
{
	struct push push = {0};
	int err;

	if (!read_push(&push, argc, argv))
		return explain_usage();
	err = push_batches(&push);
	if (!err)
		printf("{\"batches_count\":%" PRIu64 ",\"took_ns\":%" PRIu64
		       ",\"answers\":\"0x%016" PRIx64 "\"}\n",
		       push.batches_count, push.took_ns, push.answers);
	batch_file_free(&push.batch);
	return err ? explain_failure(&push, err) : 0;
}
