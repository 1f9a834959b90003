/*
 * parser.c - every line of a log is parsed, and its values are digested.
 */
#include "line_digest.h"
#include "reader.h"

#include <clinic/stage.h>
#include <clinic/workload.h>
#include <errno.h>
#include <stdlib.h>

struct subject {
	const char *log;
	size_t log_bytes;
	size_t lines_count;
	struct reader *reader;
};

static size_t count_lines(const char *log, size_t log_bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < log_bytes; i++)
		count += log[i] == '\n';
	return count;
}

/* Not inlined: the profile knows it by this name. */
__attribute__((noinline)) static uint64_t read_log(struct subject *subject)
{
	const char *at = subject->log;
	const char *end = subject->log + subject->log_bytes;
	uint64_t digest = subject->lines_count;

	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		size_t bytes_count = (size_t)((feed ? feed : end) - at);

		digest = digest_number(digest, reader_digest(subject->reader,
							     at, bytes_count));
		at += bytes_count + 1;
	}
	return digest;
}

static uint64_t run(void *state)
{
	uint64_t answer;

	clinic_stage_begin("read");
	answer = read_log(state);
	clinic_stage_end("read");
	return answer;
}

static void teardown(void *state)
{
	struct subject *subject = state;

	reader_free(subject->reader);
	free(subject);
}

static int setup(const struct clinic_input *input, void **state)
{
	struct subject *subject;

	if (input->fixture_bytes == 0 || *(const char *)input->fixture != '{')
		return -EPROTO;
	subject = calloc(1, sizeof(*subject));
	if (!subject)
		return -ENOMEM;
	subject->log = input->fixture;
	subject->log_bytes = input->fixture_bytes;
	subject->lines_count = count_lines(subject->log, subject->log_bytes);
	subject->reader = reader_new();
	if (!subject->reader) {
		teardown(subject);
		return -ENOMEM;
	}
	*state = subject;
	return 0;
}

static size_t ops(const void *state)
{
	return ((const struct subject *)state)->lines_count;
}

const struct clinic_workload clinic_workload = {
	.name = "parser",
	.op = "line",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
