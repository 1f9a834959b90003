/*
 * Times several variants of a workload in turns, in one process.
 *
 * The order within a round is random, every sample is kept, and every answer is
 * checked. `lab` links this file with two or three relocatable objects, each of
 * which is a complete variant whose only global symbol is its workload, with
 * one of the names below.
 *
 * Whatever slows down one sample of a round slows down the others of this
 * round, too. So the samples of a round are compared with each other; the whole
 * process is one observation.
 */
#include "bench/bench_clock.h"
#include "bench/bench_fixture.h"
#include "bench/bench_options.h"
#include "bench/bench_start.h"

#include <clinic/bench.h>
#include <clinic/black_box.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIANTS_MAX 3
#define ROUNDS_MAX   (1u << 16)
#define SEED_NAME    "CLINIC_PAIRS_SEED"

extern const struct clinic_workload clinic_variant_0;
extern const struct clinic_workload clinic_variant_1;
extern const struct clinic_workload clinic_variant_2 __attribute__((weak));

struct variant {
	const struct clinic_workload *workload;
	void *state;
	uint64_t *samples_ns;
};

struct contest {
	struct variant variants[VARIANTS_MAX];
	size_t variants_count;
	size_t rounds_count;
	size_t batch;
	uint64_t answer;
	uint64_t random; /* never 0 */
	struct clinic_clock clock;
};

/* xorshift64* (Vigna 2016). Its upper bits choose the order of a round. */
static uint64_t next_random(struct contest *contest)
{
	contest->random ^= contest->random >> 12;
	contest->random ^= contest->random << 25;
	contest->random ^= contest->random >> 27;
	return contest->random * UINT64_C(0x2545f4914f6cdd1d) >> 33;
}

static void shuffle(struct contest *contest, size_t *order)
{
	for (size_t i = 0; i < contest->variants_count; i++)
		order[i] = i;
	for (size_t i = contest->variants_count; i-- > 1;) {
		size_t other = next_random(contest) % (i + 1);
		size_t kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

/* Like time_batch() of bench.c, only the runs are between the two readings. */
static __attribute__((noinline)) int time_variant(const struct contest *contest,
						  const struct variant *variant,
						  uint64_t *took_ns)
{
	uint64_t start_ns = clinic_clock_now_ns();

	for (size_t i = 0; i < contest->batch; i++) {
		uint64_t answer;

		clinic_black_box_in(variant->state);
		answer = variant->workload->run(variant->state);
		clinic_black_box_out(answer);
		if (answer != contest->answer)
			return -EILSEQ;
	}
	*took_ns = clinic_clock_now_ns() - start_ns;
	return 0;
}

/* Each variant warms up by itself; the first one chooses the batch for all. */
static int warm_up(struct contest *contest, const struct bench_options *options)
{
	for (size_t i = 0; i < contest->variants_count; i++) {
		struct variant *variant = &contest->variants[i];
		struct clinic_plan plan = {
			.warmup = options->warmup_count,
			.samples_min = 1,
			.samples_max = 1,
			.batch = contest->batch,
			.has_expect = i > 0 || options->has_expect,
			.expect = i > 0 ? contest->answer : options->expect,
		};
		struct clinic_result result;
		int err = clinic_bench_run(variant->workload, variant->state,
					   &plan, &contest->clock,
					   variant->samples_ns, &result);

		if (err)
			return err;
		contest->answer = result.answer;
		contest->batch = result.batch;
	}
	return 0;
}

static int run_round(struct contest *contest, uint64_t *timed_ns)
{
	size_t order[VARIANTS_MAX];

	shuffle(contest, order);
	for (size_t i = 0; i < contest->variants_count; i++) {
		struct variant *variant = &contest->variants[order[i]];
		uint64_t *took_ns = &variant->samples_ns[contest->rounds_count];
		int err = time_variant(contest, variant, took_ns);

		if (err)
			return err;
		*timed_ns += *took_ns;
	}
	contest->rounds_count++;
	return 0;
}

/* --runs and --minimum-ms hold for each variant. */
static int run_rounds(struct contest *contest,
		      const struct bench_options *options)
{
	uint64_t wanted_ns = options->minimum_ns * contest->variants_count;
	uint64_t timed_ns = 0;
	int err = 0;

	while (!err && contest->rounds_count < ROUNDS_MAX &&
	       (contest->rounds_count < options->samples_count ||
		timed_ns < wanted_ns))
		err = run_round(contest, &timed_ns);
	return err;
}

static json_t *variants_document(const struct contest *contest)
{
	json_t *list = json_array();

	for (size_t i = 0; i < contest->variants_count; i++) {
		json_t *samples = json_array();

		for (size_t j = 0; j < contest->rounds_count; j++)
			json_array_append_new(
				samples,
				json_integer((json_int_t)contest->variants[i]
						     .samples_ns[j]));
		json_array_append_new(
			list, json_pack("{s:o}", "samples_ns", samples));
	}
	return list;
}

/* Each line has one key and its value, in the order of the document. */
/* clang-format off */
static json_t *contest_document(const struct contest *contest)
{
	const struct variant *first = &contest->variants[0];
	char answer[20];

	snprintf(answer, sizeof(answer), "0x%016" PRIx64, contest->answer);
	return json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:{s:I, s:I}, s:o}",
		"schema", 1,
		"kind", "bench_pairs",
		"workload", first->workload->name,
		"answer", answer,
		"batch_count", (json_int_t)contest->batch,
		"ops_count", (json_int_t)first->workload->ops(first->state),
		"clock",
			"resolution_ns",
			(json_int_t)contest->clock.resolution_ns,
			"cost_ns", (json_int_t)contest->clock.cost_ns,
		"variants", variants_document(contest));
}
/* clang-format on */

/* The variants share a process, so if the runs of one do not count, none do. */
static void add_invalid(json_t *document, const struct contest *contest)
{
	for (size_t i = 0; i < contest->variants_count; i++) {
		const struct variant *variant = &contest->variants[i];
		const char *invalid =
			variant->workload->invalid
				? variant->workload->invalid(variant->state)
				: NULL;

		if (invalid)
			json_object_set_new(document, "invalid",
					    json_string(invalid));
	}
}

static enum bench_exit report(const struct contest *contest, const char *path)
{
	json_t *document = contest_document(contest);
	int err;

	if (document)
		add_invalid(document, contest);
	err = !document ||
	      (path && strcmp(path, "-") != 0
		       ? json_dump_file(document, path, JSON_COMPACT)
		       : json_dumpf(document, stdout, JSON_COMPACT));

	json_decref(document);
	if (!err)
		return EXIT_MEASURED;
	fprintf(stderr,
		"pairs: cannot write %s; make room, or choose another "
		"--json\n",
		path ? path : "standard output");
	return EXIT_ENVIRONMENT;
}

static enum bench_exit measure(struct contest *contest,
			       const struct bench_options *options)
{
	int err = warm_up(contest, options);

	if (!err)
		err = run_rounds(contest, options);
	if (!err)
		return report(contest, options->json);
	if (err == -EILSEQ) {
		fputs("pairs: the variants answer differently, or not as "
		      "expected; nothing was written\n",
		      stderr);
		return EXIT_WRONG_ANSWER;
	}
	fprintf(stderr, "pairs: cannot measure: %s\n", strerror(-err));
	return EXIT_ENVIRONMENT;
}

static int set_up(struct contest *contest, const struct bench_options *options,
		  const struct bench_fixture *fixture)
{
	struct clinic_input input = {
		.size = options->size,
		.fixture = fixture->bytes,
		.fixture_bytes = fixture->bytes_count,
		.ingress = options->ingress,
	};

	for (size_t i = 0; i < contest->variants_count; i++) {
		struct variant *variant = &contest->variants[i];
		int err;

		variant->samples_ns =
			calloc(ROUNDS_MAX, sizeof(*variant->samples_ns));
		if (!variant->samples_ns)
			return -ENOMEM;
		err = variant->workload->setup(&input, &variant->state);
		if (err)
			return err;
	}
	return 0;
}

static void tear_down(struct contest *contest)
{
	for (size_t i = 0; i < contest->variants_count; i++) {
		struct variant *variant = &contest->variants[i];

		if (variant->state)
			variant->workload->teardown(variant->state);
		free(variant->samples_ns);
	}
}

static struct contest new_contest(const struct bench_options *options)
{
	const char *seed = getenv(SEED_NAME);
	struct contest contest = {
		.variants = {{.workload = &clinic_variant_0},
			     {.workload = &clinic_variant_1},
			     {.workload = &clinic_variant_2}},
		.variants_count = &clinic_variant_2 ? 3 : 2,
		.batch = options->batch_count,
		.random = seed ? strtoull(seed, NULL, 10) : 0,
		.clock = clinic_clock_measure(),
	};

	if (!contest.random)
		contest.random = 88172645463325252U;
	return contest;
}

static enum bench_exit measure_fixture(const struct bench_options *options,
				       const struct bench_fixture *fixture)
{
	struct contest contest = new_contest(options);
	enum bench_exit code = EXIT_ENVIRONMENT;
	int err = set_up(&contest, options, fixture);

	if (err)
		fprintf(stderr, "pairs: cannot set up with %s: %s\n",
			fixture->path, strerror(-err));
	else
		code = measure(&contest, options);
	tear_down(&contest);
	return code;
}

int main(int argc, char **argv)
{
	return bench_start(argc, argv, "pairs", &clinic_variant_0,
			   measure_fixture);
}
