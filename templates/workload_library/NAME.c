/*
 * @NAME@.c - a small workload: it computes a digest of its input.
 *
 * Replace do_work() by the program that is too slow, and keep this rule: run()
 * returns a digest of everything that it computed, and the same one in every
 * run. The input is written by fixtures/log_lines.c: a magic number and the
 * number of lines, of 4 bytes each, then the lines.
 */
#include <clinic/stage.h>
#include <clinic/workload.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 8

struct subject {
	const unsigned char *bytes;
	size_t bytes_count;
	uint32_t lines_count;
};

/* It must not be inlined, because [[stage]] in the manifest names it. */
__attribute__((noinline)) static uint64_t do_work(const struct subject *subject)
{
	uint64_t digest = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < subject->bytes_count; i++)
		digest = (digest ^ subject->bytes[i]) * 0x100000001b3u;
	return digest;
}

/* This is not timed: it prepares what all runs need. */
static int setup(const struct clinic_input *input, void **state)
{
	struct subject *subject;

	if (input->fixture_bytes < HEADER_BYTES)
		return -EINVAL;
	subject = calloc(1, sizeof(*subject));
	if (!subject)
		return -ENOMEM;
	subject->bytes = input->fixture;
	subject->bytes_count = input->fixture_bytes;
	memcpy(&subject->lines_count, subject->bytes + 4, 4);
	*state = subject;
	return 0;
}

static void teardown(void *state)
{
	free(state);
}

static size_t ops(const void *state)
{
	return ((const struct subject *)state)->lines_count;
}

static uint64_t run(void *state)
{
	uint64_t answer;

	clinic_stage_begin("work");
	answer = do_work(state);
	clinic_stage_end("work");
	return answer;
}

const struct clinic_workload clinic_workload = {
	.name = "@NAME@",
	.op = "line",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
