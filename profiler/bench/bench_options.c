/* Reads the command line of a program that measures a workload. */
#include "bench/bench_options.h"

#include "bench/bench_clock.h"
#include "foundation/options.h"

#include <clinic/version.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_SIZE    "large"
#define DEFAULT_INGRESS "memory"
#define DEFAULT_RUNS    50
#define DEFAULT_WARMUP  5
#define TEXT_OF(value)  #value
#define TEXT(value)     TEXT_OF(value)

static struct bench_options typed; /* so far */
static struct clinic_given expect;
static bool wants_version;

static const struct clinic_option table[] = {
	{0, "size", "NAME", CLINIC_OPTION_TEXT, &typed.size,
	 "size of the fixture (" DEFAULT_SIZE ")"},
	{0, "fixture", "FILE", CLINIC_OPTION_TEXT, &typed.fixture,
	 "read this instead of ../../fixtures/WORKLOAD/SIZE.bin"},
	{0, "ingress", "MODE", CLINIC_OPTION_TEXT, &typed.ingress,
	 "where the input comes from (" DEFAULT_INGRESS ")"},
	{0, "runs", "N", CLINIC_OPTION_COUNT, &typed.samples_count,
	 "samples to keep, at least (" TEXT(DEFAULT_RUNS) ")"},
	{0, "warmup", "N", CLINIC_OPTION_COUNT, &typed.warmup_count,
	 "runs to discard first (" TEXT(DEFAULT_WARMUP) ")"},
	{0, "minimum-ms", "N", CLINIC_OPTION_MS, &typed.minimum_ns,
	 "go on until this many milliseconds were timed (0)"},
	{0, "runs-max", "N", CLINIC_OPTION_COUNT, &typed.samples_max,
	 "with --minimum-ms: end after this many samples (no limit)"},
	{0, "batch", "N", CLINIC_OPTION_NUMBER, &typed.batch_count,
	 "runs per sample; 0: so many that the clock's error stays "
	 "below 0.1 % (0)"},
	{0, "seconds", "N", CLINIC_OPTION_S, &typed.load_ns,
	 "sustained load for N seconds, kept as one sample"},
	{0, "stages", NULL, CLINIC_OPTION_FLAG, &typed.has_stages,
	 "time each stage as well"},
	{0, "expect", "HEX", CLINIC_OPTION_HEX, &expect,
	 "the answer every run must give (that of the first run)"},
	{0, "json", "FILE", CLINIC_OPTION_TEXT, &typed.json,
	 "write every sample to FILE; - is stdout"},
	{0, "version", NULL, CLINIC_OPTION_FLAG, &wants_version, "the version"},
	{0},
};

/*
 * Returns a list such as "memory|tcp"; the default if the workload names none.
 */
static const char *accepted_ingress(const struct clinic_workload *workload)
{
	return workload->ingress ? workload->ingress : DEFAULT_INGRESS;
}

static void print_help(const struct clinic_workload *workload)
{
	printf("%s: time this workload, keep every sample, check every "
	       "answer.\n\n",
	       workload->name);
	clinic_options_print(table, stdout);
	printf("\n--ingress accepts: %s\n\n", accepted_ingress(workload));
	printf("exit: 0 measured, 1 wrong answer, 2 wrong usage, "
	       "4 the environment is not fit\n");
}

static bool accepts_ingress(const struct clinic_workload *workload,
			    const char *ingress)
{
	const char *at = accepted_ingress(workload);
	size_t length = strlen(ingress);

	while (at) {
		if (strncmp(at, ingress, length) == 0 &&
		    (at[length] == '|' || at[length] == '\0'))
			return true;
		at = strchr(at, '|');
		if (at)
			at++;
	}
	return false;
}

static enum options_end wrong_usage(const char *program)
{
	fprintf(stderr, "%s: try --help\n", program);
	return OPTIONS_WRONG;
}

/*
 * Prints what is wrong with the options together; returns whether anything is.
 * `at` is the index of the first operand.
 */
static bool complains(int at, int argc, char **argv,
		      const struct clinic_workload *workload)
{
	if (at < argc)
		fprintf(stderr,
			"%s is not an option; no other argument is allowed\n",
			argv[at]);
	else if (!accepts_ingress(workload, typed.ingress))
		fprintf(stderr, "--ingress %s: %s accepts %s\n", typed.ingress,
			workload->name, accepted_ingress(workload));
	else if (typed.samples_max && typed.samples_max < typed.samples_count)
		fprintf(stderr,
			"--runs-max %" PRIu64 " is less than --runs %" PRIu64
			"\n",
			typed.samples_max, typed.samples_count);
	else
		return false;
	return true;
}

enum options_end bench_options_parse(int argc, char **argv,
				     const struct clinic_workload *workload,
				     struct bench_options *options)
{
	char problem[CLINIC_PROBLEM_BYTES];
	int at;

	typed = (struct bench_options){
		.size = DEFAULT_SIZE,
		.ingress = DEFAULT_INGRESS,
		.samples_count = DEFAULT_RUNS,
		.warmup_count = DEFAULT_WARMUP,
	};
	at = clinic_options_read(table, CLINIC_OPERANDS_ANYWHERE, argc, argv,
				 problem);
	if (at == CLINIC_OPTIONS_HELP) {
		print_help(workload);
		return OPTIONS_DONE;
	}
	if (at == CLINIC_OPTIONS_WRONG) {
		fprintf(stderr, "%s\n", problem);
		return wrong_usage(argv[0]);
	}
	if (wants_version) {
		printf("%s %s\n", workload->name, CLINIC_VERSION);
		return OPTIONS_DONE;
	}
	if (complains(at, argc, argv, workload))
		return wrong_usage(argv[0]);
	typed.has_expect = expect.is_given;
	typed.expect = expect.number;
	*options = typed;
	return OPTIONS_GO;
}
