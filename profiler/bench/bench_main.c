/*
 * Runs one workload as a program: sets it up, measures it, writes the result.
 */
#include "bench/bench_evidence.h"
#include "bench/bench_fixture.h"
#include "bench/bench_options.h"
#include "bench/bench_recorder.h"
#include "bench/bench_start.h"

#include <clinic/bench.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * With --minimum-ms the number of samples is not known beforehand. A sample
 * takes at least 1000 readings of the clock, about 30 us, unless --batch is
 * given. So this many samples cover half a minute. Memory for samples that are
 * not taken is never touched.
 */
#define SAMPLES_MAX (1u << 20)

#define NAME clinic_workload.name

static struct clinic_plan make_plan(const struct bench_options *options,
				    const struct clinic_observer *observer)
{
	struct clinic_plan plan = {
		.warmup = options->warmup_count,
		.samples_min = options->samples_count,
		.samples_max = options->samples_count,
		.minimum_ns = options->minimum_ns,
		.batch = options->batch_count,
		.has_expect = options->has_expect,
		.expect = options->expect,
		.observer = observer,
	};

	if (plan.minimum_ns && options->samples_max)
		plan.samples_max = options->samples_max;
	else if (plan.minimum_ns && plan.samples_max < SAMPLES_MAX)
		plan.samples_max = SAMPLES_MAX;
	return plan;
}

static enum bench_exit explain_failure(const struct bench_evidence *evidence,
				       int err)
{
	if (err == -EILSEQ) {
		fprintf(stderr,
			"%s: wrong answer on %s: 0x%016" PRIx64
			", expected 0x%016" PRIx64 "; nothing was written\n",
			NAME, evidence->fixture->path, evidence->result.differs,
			evidence->result.answer);
		return EXIT_WRONG_ANSWER;
	}
	fprintf(stderr, "%s: cannot measure: %s; try fewer --runs\n", NAME,
		strerror(-err));
	return EXIT_ENVIRONMENT;
}

static void print_summary(const struct bench_evidence *evidence)
{
	const struct clinic_result *result = &evidence->result;
	uint64_t least_ns = UINT64_MAX;
	uint64_t most_ns = 0;

	for (size_t i = 0; i < result->samples_count; i++) {
		uint64_t sample_ns = evidence->samples_ns[i];

		least_ns = sample_ns < least_ns ? sample_ns : least_ns;
		most_ns = sample_ns > most_ns ? sample_ns : most_ns;
	}
	printf("%s: size %s, %zu %s(s) a run, %zu run(s) a sample\n"
	       "%zu samples from %" PRIu64 " to %" PRIu64 " ns\n"
	       "answer 0x%016" PRIx64 "; --json FILE keeps every sample\n",
	       NAME, evidence->options->size, evidence->ops_count,
	       evidence->workload->op, result->batch, result->samples_count,
	       least_ns, most_ns, result->answer);
	if (evidence->invalid)
		printf("INVALID: %s\n", evidence->invalid);
}

static enum bench_exit report(const struct bench_evidence *evidence)
{
	const char *path = evidence->options->json;
	int err;

	if (!path) {
		print_summary(evidence);
		return EXIT_MEASURED;
	}
	err = bench_evidence_write(evidence, path);
	if (!err)
		return EXIT_MEASURED;
	fprintf(stderr,
		"%s: cannot write %s: %s; make room, or choose another "
		"--json\n",
		NAME, path, strerror(-err));
	return EXIT_ENVIRONMENT;
}

static int run_plan(struct bench_evidence *evidence, void *state,
		    const struct clinic_plan *plan, uint64_t *samples_ns)
{
	uint64_t load_ns = evidence->options->load_ns;

	if (load_ns)
		return clinic_bench_load(&clinic_workload, state, plan,
					 &evidence->clock, load_ns, samples_ns,
					 &evidence->result);
	return clinic_bench_run(&clinic_workload, state, plan, &evidence->clock,
				samples_ns, &evidence->result);
}

static enum bench_exit measure(struct bench_evidence *evidence, void *state)
{
	const struct bench_options *options = evidence->options;
	struct bench_recorder recorder;
	struct clinic_plan plan = make_plan(options, &recorder.observer);
	uint64_t *samples_ns = calloc(plan.samples_max, sizeof(*samples_ns));
	enum bench_exit code;
	int err = -ENOMEM;

	bench_recorder_start(&recorder, options->has_stages, plan.samples_max);
	evidence->recorder = &recorder;
	evidence->samples_ns = samples_ns;
	evidence->ops_count = clinic_workload.ops(state);
	evidence->clock = clinic_clock_measure();
	if (samples_ns)
		err = run_plan(evidence, state, &plan, samples_ns);
	if (!err)
		err = bench_recorder_finish(&recorder);
	if (!err && clinic_workload.invalid)
		evidence->invalid = clinic_workload.invalid(state);
	code = err ? explain_failure(evidence, err) : report(evidence);
	evidence->recorder = NULL;
	evidence->samples_ns = NULL;
	bench_recorder_free(&recorder);
	free(samples_ns);
	return code;
}

static enum bench_exit measure_fixture(const struct bench_options *options,
				       const struct bench_fixture *fixture)
{
	struct bench_evidence evidence = {
		.workload = &clinic_workload,
		.options = options,
		.fixture = fixture,
	};
	struct clinic_input input = {
		.size = options->size,
		.fixture = fixture->bytes,
		.fixture_bytes = fixture->bytes_count,
		.ingress = options->ingress,
	};
	enum bench_exit code;
	void *state = NULL;
	int err = clinic_workload.setup(&input, &state);

	if (err) {
		fprintf(stderr,
			"%s: cannot set up --ingress %s with %s: %s; is it "
			"a fixture of this workload?\n",
			NAME, options->ingress, fixture->path, strerror(-err));
		return EXIT_ENVIRONMENT;
	}
	code = measure(&evidence, state);
	clinic_workload.teardown(state);
	return code;
}

int main(int argc, char **argv)
{
	return bench_start(argc, argv, NAME, &clinic_workload, measure_fixture);
}
