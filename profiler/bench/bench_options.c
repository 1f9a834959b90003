/*
 * bench_options.c - the option table, and the help made from it.
 */
#include "bench/bench_options.h"

#include "bench/bench_clock.h"

#include <clinic/version.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS        1000000u
#define LONG_OPTIONS_MAX 32
#define DEFAULT_SIZE     "large"
#define DEFAULT_INGRESS  "memory"
#define DEFAULT_RUNS     50
#define DEFAULT_WARMUP   5
#define TEXT_OF(value)   #value
#define TEXT(value)      TEXT_OF(value)

enum option_kind { KIND_TEXT, KIND_NUMBER, KIND_HEX, KIND_FLAG };

struct option_row {
	const char *name;
	const char *argument; /* in the help; NULL when it takes none */
	enum option_kind kind;
	size_t offset;     /* in struct bench_options */
	uint64_t unit;     /* a number is multiplied by it */
	uint64_t smallest; /* number accepted, in the option's unit */
	const char *help;
};

#define AT(member) offsetof(struct bench_options, member)

static const struct option_row rows[] = {
	{"size", "NAME", KIND_TEXT, AT(size), 0, 0,
	 "size of the fixture (" DEFAULT_SIZE ")"},
	{"fixture", "FILE", KIND_TEXT, AT(fixture), 0, 0,
	 "read this instead of ../../fixtures/WORKLOAD/SIZE.bin"},
	{"ingress", "MODE", KIND_TEXT, AT(ingress), 0, 0,
	 "where the input comes from (" DEFAULT_INGRESS ")"},
	{"runs", "N", KIND_NUMBER, AT(samples_count), 1, 1,
	 "samples to keep, at least (" TEXT(DEFAULT_RUNS) ")"},
	{"warmup", "N", KIND_NUMBER, AT(warmup_count), 1, 1,
	 "runs to discard first (" TEXT(DEFAULT_WARMUP) ")"},
	{"minimum-ms", "N", KIND_NUMBER, AT(minimum_ns), NS_PER_MS, 0,
	 "go on until this many milliseconds were timed (0)"},
	{"batch", "N", KIND_NUMBER, AT(batch_count), 1, 0,
	 "runs per sample; 0: so many that the clock's error stays "
	 "below 0.1 % (0)"},
	{"seconds", "N", KIND_NUMBER, AT(load_ns), NS_PER_S, 1,
	 "sustained load for N seconds, kept as one sample"},
	{"stages", NULL, KIND_FLAG, AT(has_stages), 0, 0,
	 "time each stage as well"},
	{"expect", "HEX", KIND_HEX, AT(expect), 0, 0,
	 "the answer every run must give (that of the first run)"},
	{"json", "FILE", KIND_TEXT, AT(json), 0, 0,
	 "write every sample to FILE; - is stdout"},
};

#define ROWS_COUNT (sizeof(rows) / sizeof(rows[0]))

/* "memory|tcp"; the default alone when the workload names none. */
static const char *accepted_ingress(const struct clinic_workload *workload)
{
	return workload->ingress ? workload->ingress : DEFAULT_INGRESS;
}

static void print_help(const struct clinic_workload *workload)
{
	printf("%s: time this workload, keep every sample, check every "
	       "answer.\n\n",
	       workload->name);
	for (size_t i = 0; i < ROWS_COUNT; i++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s %s", rows[i].name,
			 rows[i].argument ? rows[i].argument : "");
		printf("  %-18s %s\n", left, rows[i].help);
	}
	printf("  %-18s %s\n  %-18s %s\n\n", "--help", "this text", "--version",
	       "the version");
	printf("--ingress accepts: %s\n\n", accepted_ingress(workload));
	printf("exit: 0 measured, 1 wrong answer, 2 wrong usage, "
	       "4 the environment is not fit\n");
}

static int read_number(const char *text, int base, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, base);
	if (errno || end == text || *end || strchr(text, '-'))
		return -EINVAL;
	return 0;
}

static int store_number(const struct option_row *row, const char *text,
			uint64_t *place)
{
	uint64_t number;

	if (read_number(text, 10, &number) || number < row->smallest ||
	    number > UINT64_MAX / row->unit) {
		fprintf(stderr,
			"--%s %s: not a number of at least %" PRIu64 "\n",
			row->name, text, row->smallest);
		return -EINVAL;
	}
	*place = number * row->unit;
	return 0;
}

static int store_hex(const struct option_row *row, const char *text,
		     struct bench_options *options)
{
	if (read_number(text, 16, &options->expect)) {
		fprintf(stderr, "--%s %s: not a hexadecimal number\n",
			row->name, text);
		return -EINVAL;
	}
	options->has_expect = true;
	return 0;
}

static int store(const struct option_row *row, const char *text,
		 struct bench_options *options)
{
	char *place = (char *)options + row->offset;

	switch (row->kind) {
	case KIND_TEXT:
		memcpy(place, &text, sizeof(text));
		return 0;
	case KIND_NUMBER:
		return store_number(row, text, (uint64_t *)(void *)place);
	case KIND_HEX:
		return store_hex(row, text, options);
	case KIND_FLAG:
		*(bool *)place = true;
		return 0;
	}
	return -EINVAL;
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

static void fill_long_options(struct option *table)
{
	for (size_t i = 0; i < ROWS_COUNT; i++)
		table[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument
						    : no_argument,
			.val = (int)i + 1,
		};
	table[ROWS_COUNT] = (struct option){.name = "help", .val = 'h'};
	table[ROWS_COUNT + 1] = (struct option){.name = "version", .val = 'V'};
}

static enum options_end wrong_usage(const char *program)
{
	fprintf(stderr, "%s: try --help\n", program);
	return OPTIONS_WRONG;
}

/* What can be said only once all options are known. */
static int check_options(int argc, char **argv,
			 const struct clinic_workload *workload,
			 const struct bench_options *options)
{
	if (optind < argc) {
		fprintf(stderr, "%s: takes options only\n", argv[optind]);
		return -EINVAL;
	}
	if (!accepts_ingress(workload, options->ingress)) {
		fprintf(stderr, "--ingress %s: %s accepts %s\n",
			options->ingress, workload->name,
			accepted_ingress(workload));
		return -EINVAL;
	}
	return 0;
}

enum options_end bench_options_parse(int argc, char **argv,
				     const struct clinic_workload *workload,
				     struct bench_options *options)
{
	struct option table[LONG_OPTIONS_MAX] = {0};
	int found;

	*options = (struct bench_options){
		.size = DEFAULT_SIZE,
		.ingress = DEFAULT_INGRESS,
		.samples_count = DEFAULT_RUNS,
		.warmup_count = DEFAULT_WARMUP,
	};
	fill_long_options(table);
	while ((found = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (found == 'h') {
			print_help(workload);
			return OPTIONS_DONE;
		}
		if (found == 'V') {
			printf("%s %s\n", workload->name, CLINIC_VERSION);
			return OPTIONS_DONE;
		}
		if (found == '?' || store(&rows[found - 1], optarg, options))
			return wrong_usage(argv[0]);
	}
	if (check_options(argc, argv, workload, options))
		return wrong_usage(argv[0]);
	return OPTIONS_GO;
}
