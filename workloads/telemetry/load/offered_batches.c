/*
 * offered_batches.c - offers the pipeline a rate of frames for a while, in
 * batches over loopback TCP, and prints how long each batch took.
 *
 *	offered_batches [--threads] --batch FILE RATE_PER_S SECONDS
 *			[PORT [SEED]]
 *
 * A station in a thread of its own sends the batch of FILE at even intervals;
 * the seed moves them by a part of one. The pipeline listens at PORT, and runs
 * its stages in a row, or with --threads each in a thread. One line of JSON has
 * the times of the batches, each from the moment when it was due until it was
 * forwarded, and a digest of all answers. Batches that were sent late although
 * there was room are counted: with too many of them the times say nothing about
 * the pipeline.
 *
 * Exit codes  0 done, 2 wrong usage, 4 the environment does not allow it.
 */
#include "batch_file.h"
#include "loopback.h"
#include "paced_station.h"
#include "pipeline.h"
#include "threaded_pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCHES_MAX     100000
#define NS_PER_S        1e9
#define EXIT_USAGE      2
#define EXIT_IMPOSSIBLE 4

struct wish {
	bool has_threads;
	const char *batch_path;
	double rate_per_s;
	double seconds;
	long port;
	long seed;
};

struct load {
	struct batch_file batch;
	size_t batches_count;
	struct sent_batch *sent;
	uint64_t *done_ns;
	size_t done_count;
	uint64_t answers;
	uint64_t pipeline_cpu_ns;
	struct paced_station *station;
};

/* At least one batch. */
static int make_load(struct load *load, const struct wish *wish)
{
	double gap_ns = NS_PER_S * load->batch.frames_count / wish->rate_per_s;
	double batches = wish->seconds * NS_PER_S / gap_ns;
	double first_ns = gap_ns * (double)(wish->seed % 7) / 7;

	if (batches > BATCHES_MAX)
		return -EOVERFLOW;
	load->batches_count = batches < 1 ? 1 : (size_t)batches;
	load->sent = calloc(load->batches_count, sizeof(*load->sent));
	load->done_ns = calloc(load->batches_count, sizeof(*load->done_ns));
	if (!load->sent || !load->done_ns)
		return -ENOMEM;
	for (size_t i = 0; i < load->batches_count; i++)
		load->sent[i].due_ns =
			(uint64_t)(first_ns + gap_ns * (double)i);
	return 0;
}

/* A batch is done: it was forwarded. */
static void note_batch(void *context, uint64_t digest)
{
	struct load *load = context;

	load->done_ns[load->done_count++] = station_elapsed_ns(load->station);
	load->answers = (load->answers ^ digest) * UINT64_C(0x100000001b3);
}

static int run_in_a_row(struct load *load, struct source *source, int fd)
{
	struct pipeline *pipeline = pipeline_new(source, fd);
	int err = pipeline ? 0 : -ENOMEM;
	uint64_t digest;

	for (size_t i = 0; !err && i < load->batches_count; i++) {
		err = pipeline_run(pipeline, &digest);
		if (!err)
			note_batch(load, digest);
	}
	pipeline_free(pipeline);
	return err;
}

static int run_in_threads(struct load *load, struct source *source, int fd)
{
	int err = threaded_pipeline_run(source, fd, load->batches_count,
					note_batch, load);

	source_close(source);
	return err;
}

static int run_pipeline(struct load *load, const struct wish *wish, int link_fd)
{
	int downstream_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct source *source;
	int err = downstream_fd < 0 ? -errno : 0;

	if (!err)
		err = source_connection_open(&source, link_fd);
	if (!err)
		err = wish->has_threads
			      ? run_in_threads(load, source, downstream_fd)
			      : run_in_a_row(load, source, downstream_fd);
	if (downstream_fd >= 0)
		close(downstream_fd);
	return err;
}

static uint64_t process_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* from_ns: the CPU time of the process before the station started. */
static int serve_station(struct load *load, const struct wish *wish,
			 int listener, uint64_t from_ns)
{
	uint64_t station_cpu_ns;
	int link_fd = accept(listener, NULL, NULL);
	int err = link_fd < 0 ? -errno : 0;
	int sent_err;

	close(listener); /* which ends a connection that was not accepted */
	if (!err)
		err = run_pipeline(load, wish, link_fd);
	if (link_fd >= 0)
		close(link_fd); /* so that a station that sends still ends */
	sent_err = station_end(load->station, &station_cpu_ns);
	load->pipeline_cpu_ns = process_cpu_ns() - from_ns - station_cpu_ns;
	return err ? err : sent_err;
}

static int offer(struct load *load, const struct wish *wish)
{
	uint64_t from_ns = process_cpu_ns();
	uint16_t port = (uint16_t)wish->port;
	int listener = loopback_listen(&port);
	int err;

	if (listener < 0)
		return listener;
	err = station_start(&load->station, port, load->batch.bytes,
			    load->batch.bytes_count, load->sent,
			    load->batches_count);
	if (err) {
		close(listener);
		return err;
	}
	return serve_station(load, wish, listener, from_ns);
}

static void print_load(const struct load *load)
{
	printf("{\"response_times_ns\":[");
	for (size_t i = 0; i < load->done_count; i++) {
		if (i)
			putchar(',');
		printf("%llu", (unsigned long long)(load->done_ns[i] -
						    load->sent[i].due_ns));
	}
	printf("],\"ops_in_response\":%" PRIu32
	       ",\"late_count\":%zu,\"failed_count\":0,\"ended_ns\":%" PRIu64
	       ",\"server_cpu_ns\":%" PRIu64 ",\"answers\":\"0x%016" PRIx64
	       "\"}\n",
	       load->batch.frames_count,
	       station_late_count(load->sent, load->batches_count),
	       load->done_ns[load->done_count - 1], load->pipeline_cpu_ns,
	       load->answers);
}

static bool read_number(const char *text, double *number)
{
	char *end;

	*number = strtod(text, &end);
	return end != text && !*end && *number > 0;
}

/* A missing number is 0. */
static bool read_whole(const char *text, long *number)
{
	char *end;

	*number = text ? strtol(text, &end, 10) : 0;
	return !text || (end != text && !*end && *number >= 0);
}

static bool read_wish(struct wish *wish, int argc, char **argv)
{
	wish->has_threads = argc > 1 && strcmp(argv[1], "--threads") == 0;
	argc -= wish->has_threads;
	argv += wish->has_threads;
	if (argc < 5 || argc > 7 || strcmp(argv[1], "--batch") != 0)
		return false;
	wish->batch_path = argv[2];
	return read_number(argv[3], &wish->rate_per_s) &&
	       read_number(argv[4], &wish->seconds) &&
	       read_whole(argc > 5 ? argv[5] : NULL, &wish->port) &&
	       read_whole(argc > 6 ? argv[6] : NULL, &wish->seed) &&
	       wish->port <= 65535;
}

static int explain_usage(void)
{
	fputs("usage: offered_batches [--threads] --batch FILE RATE_PER_S "
	      "SECONDS [PORT [SEED]]\n",
	      stderr);
	return EXIT_USAGE;
}

static int explain_failure(const struct wish *wish, int err)
{
	fprintf(stderr,
		"offered_batches: the batch of %s was not offered on port "
		"%ld: %s%s\n",
		wish->batch_path, wish->port, strerror(-err),
		err == -EADDRINUSE ? "; choose another, or 0 for any" : "");
	return EXIT_IMPOSSIBLE;
}

int main(int argc, char **argv)
{
	struct wish wish = {0};
	struct load load = {0};
	int err;

	if (!read_wish(&wish, argc, argv))
		return explain_usage();
	err = batch_file_read(&load.batch, wish.batch_path);
	if (!err)
		err = make_load(&load, &wish);
	if (!err)
		err = offer(&load, &wish);
	if (!err)
		print_load(&load);
	batch_file_free(&load.batch);
	free(load.sent);
	free(load.done_ns);
	return err ? explain_failure(&wish, err) : 0;
}
