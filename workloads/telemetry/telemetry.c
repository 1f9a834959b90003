/*
 * telemetry.c - the pipeline as a patient: its input, its set-up, its answer.
 */
#include "pipeline.h"
#include "source.h"
#include "wire.h"

#include <clinic/workload.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct subject {
	struct pipeline *pipeline;
	int downstream_fd;
	size_t frames_count;
};

static int open_source(const struct clinic_input *input, struct source **source)
{
	if (strcmp(input->ingress, "tcp") == 0)
		return source_tcp_open(source, input->fixture,
				       input->fixture_bytes);
	return source_memory_open(source, input->fixture, input->fixture_bytes);
}

static void teardown(void *state)
{
	struct subject *subject = state;

	pipeline_free(subject->pipeline);
	if (subject->downstream_fd >= 0)
		close(subject->downstream_fd);
	free(subject);
}

/*
 * Downstream is /dev/null: the system call of every write is paid, the
 * network behind it is not what is measured.
 */
static int fill_subject(struct subject *subject,
			const struct clinic_input *input)
{
	struct source *source;
	int err;

	subject->downstream_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (subject->downstream_fd < 0)
		return -errno;
	err = open_source(input, &source);
	if (err)
		return err;
	subject->pipeline = pipeline_new(source, subject->downstream_fd);
	return subject->pipeline ? 0 : -ENOMEM;
}

static int setup(const struct clinic_input *input, void **state)
{
	const uint8_t *fixture = input->fixture;
	struct subject *subject;
	int err;

	if (input->fixture_bytes < BATCH_HEADER_BYTES ||
	    get_u32(fixture) != BATCH_MAGIC)
		return -EPROTO;
	subject = calloc(1, sizeof(*subject));
	if (!subject)
		return -ENOMEM;
	subject->frames_count = get_u32(fixture + 4);
	subject->downstream_fd = -1;
	err = fill_subject(subject, input);
	if (err)
		teardown(subject);
	else
		*state = subject;
	return err;
}

static size_t ops(const void *state)
{
	return ((const struct subject *)state)->frames_count;
}

/* A batch that failed answers 0, and so differs from one that went well. */
static uint64_t run(void *state)
{
	struct subject *subject = state;
	uint64_t digest;

	return pipeline_run(subject->pipeline, &digest) ? 0 : digest;
}

const struct clinic_workload clinic_workload = {
	.name = "telemetry",
	.op = "frame",
	.ingress = "memory|tcp",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
