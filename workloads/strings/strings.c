/*
 * strings.c - joins a page of log lines, checks it and frees it.
 */
#include "join.h"

#include <clinic/stage.h>
#include <clinic/workload.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* After the first run, each run compares another one of so many parts. */
#define PARTS_COUNT 32

struct subject {
	struct lines lines;
	char *wanted; /* the joined text, made byte by byte */
	size_t wanted_bytes;
	uint64_t answer;
	uint64_t runs_count;
};

static void make_wanted(struct subject *subject)
{
	char *at = subject->wanted;

	for (size_t i = 0; i < subject->lines.count; i++) {
		for (const char *text = subject->lines.list[i].text; *text;)
			*at++ = *text++;
		*at++ = '\n';
	}
	*at = 0;
}

static uint64_t digest_of(const char *bytes, size_t bytes_count)
{
	uint64_t digest = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < bytes_count; i++)
		digest = (digest ^ (uint8_t)bytes[i]) * 0x100000001b3u;
	return digest;
}

/*
 * The check must not cost most of the time, and a digest of every byte costs as
 * much as the copy. So each run compares the length and one part of its text
 * with the text that was made before, and the first run compares all of it. The
 * answer is the digest of that text, or 0 if they differ.
 */
static uint64_t check(struct subject *subject, const char *text,
		      size_t bytes_count)
{
	size_t part_bytes = subject->wanted_bytes / PARTS_COUNT + 1;
	size_t from = subject->runs_count % PARTS_COUNT * part_bytes;
	size_t to = from + part_bytes;

	if (subject->runs_count++ == 0) {
		from = 0;
		to = subject->wanted_bytes + 1;
	}
	if (to > subject->wanted_bytes + 1)
		to = subject->wanted_bytes + 1;
	if (!text || bytes_count != subject->wanted_bytes)
		return 0;
	if (from < to &&
	    memcmp(text + from, subject->wanted + from, to - from) != 0)
		return 0;
	return subject->answer;
}

static uint64_t run(void *state)
{
	struct subject *subject = state;
	size_t bytes_count = 0;
	uint64_t answer;
	char *text;

	clinic_stage_begin("join");
	text = join_lines(&subject->lines, &bytes_count);
	clinic_stage_end("join");
	answer = check(subject, text, bytes_count);
	free(text);
	return answer;
}

static void teardown(void *state)
{
	struct subject *subject = state;

	join_forget();
	lines_free(&subject->lines);
	free(subject->wanted);
	free(subject);
}

static int fill_subject(struct subject *subject,
			const struct clinic_input *input)
{
	struct lines *lines = &subject->lines;
	int err = lines_read(lines, input->fixture, input->fixture_bytes);

	if (err)
		return err;
	for (size_t i = 0; i < lines->count; i++)
		subject->wanted_bytes += lines->list[i].bytes_count + 1;
	subject->wanted = malloc(subject->wanted_bytes + 1);
	if (!subject->wanted)
		return -ENOMEM;
	make_wanted(subject);
	subject->answer = digest_of(subject->wanted, subject->wanted_bytes);
	return join_prepare(lines);
}

static int setup(const struct clinic_input *input, void **state)
{
	struct subject *subject = calloc(1, sizeof(*subject));
	int err;

	if (!subject)
		return -ENOMEM;
	err = fill_subject(subject, input);
	if (err)
		teardown(subject);
	else
		*state = subject;
	return err;
}

static size_t ops(const void *state)
{
	return ((const struct subject *)state)->lines.count;
}

const struct clinic_workload clinic_workload = {
	.name = "strings",
	.op = "line",
	.setup = setup,
	.teardown = teardown,
	.ops = ops,
	.run = run,
};
