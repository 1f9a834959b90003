/*
 * @NAME@.c - the smallest patient that works: it digests its fixture.
 *
 * Replace do_work() by the program that is too slow, and keep the rule: run
 * returns a digest of all that it produced, the same every time. The fixture
 * is that of fixtures/log_lines.c: a magic number, the number of lines, both
 * of 4 bytes, and the lines.
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

/* Not inlined: the manifest's [[stage]] knows it by this name. */
__attribute__((noinline)) static uint64_t do_work(const struct subject *subject)
{
	uint64_t digest = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < subject->bytes_count; i++)
		digest = (digest ^ subject->bytes[i]) * 0x100000001b3u;
	return digest;
}

/* Not timed: whatever is needed once. */
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
