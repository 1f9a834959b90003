/*
 * A workload whose fixture is one word, which says how it behaves:
 *
 *	good        gives the same answer in every run
 *	wrong       gives another answer from its seventh run on
 *	unwilling   cannot be set up
 *	trace       writes each call to stderr: setup, run, teardown
 *
 * Known answers: in stage "allocate" each run makes 3 allocations of 100 bytes,
 * and in stage "release" it frees them. Stage "late" appears only from the
 * twentieth run on.
 */
#include <clinic/stage.h>
#include <clinic/workload.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS      3
#define BLOCK_BYTES 100

struct subject {
	const char *word;
	size_t word_bytes;
	size_t runs_count;
};

static bool told(const struct subject *subject, const char *word)
{
	return subject->word_bytes >= strlen(word) &&
	       memcmp(subject->word, word, strlen(word)) == 0;
}

static void trace(const struct subject *subject, const char *call)
{
	if (told(subject, "trace"))
		fprintf(stderr, "%s\n", call);
}

static int setup(const struct clinic_input *input, void **state)
{
	struct subject *subject = calloc(1, sizeof(*subject));

	if (!subject)
		return -ENOMEM;
	subject->word = input->fixture;
	subject->word_bytes = input->fixture_bytes;
	if (told(subject, "unwilling")) {
		free(subject);
		return -EPROTO;
	}
	trace(subject, "setup");
	*state = subject;
	return 0;
}

static void teardown(void *state)
{
	trace(state, "teardown");
	free(state);
}

static size_t ops(const void *state)
{
	(void)state;
	return BLOCKS;
}

static void use_blocks(void)
{
	void *volatile blocks[BLOCKS];

	clinic_stage_begin("allocate");
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(BLOCK_BYTES);
	clinic_stage_end("allocate");
	clinic_stage_begin("release");
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	clinic_stage_end("release");
}

static uint64_t run(void *state)
{
	struct subject *subject = state;

	trace(subject, "run");
	use_blocks();
	if (++subject->runs_count >= 20) {
		clinic_stage_begin("late");
		clinic_stage_end("late");
	}
	return told(subject, "wrong") && subject->runs_count >= 7 ? 2 : 1;
}

const struct clinic_workload clinic_workload = {
	.name = "bench_subject",
	.op = "block",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
