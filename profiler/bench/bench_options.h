/*
 * bench/bench_options.h - the command line of a program that measures a
 * workload.
 *
 * Units      _ns is nanoseconds, in whatever unit an option is typed.
 * Ownership  strings point into argv, or are literals.
 * Errors     what is wrong is printed to stderr; the result says whether the
 *            program goes on.
 * Threads    one: the values are first read into a static struct.
 * Read next  bench_main.c and pairs/pairs_main.c, which use them.
 */
#ifndef CLINIC_BENCH_OPTIONS_H
#define CLINIC_BENCH_OPTIONS_H

#include <clinic/workload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_options {
	const char *size;
	const char *fixture; /* NULL: the fixture of this size */
	const char *ingress;
	const char *json; /* NULL: print a summary to stdout */
	uint64_t samples_count;
	uint64_t samples_max; /* 0: as many as minimum_ns needs */
	uint64_t warmup_count;
	uint64_t minimum_ns;
	uint64_t batch_count; /* 0: chosen from the clock */
	uint64_t load_ns;     /* not 0: one sustained load instead of samples */
	uint64_t expect;
	bool has_expect;
	bool has_stages;
};

enum options_end {
	OPTIONS_GO,
	OPTIONS_DONE, /* --help or --version was printed */
	OPTIONS_WRONG,
};

enum options_end bench_options_parse(int argc, char **argv,
				     const struct clinic_workload *workload,
				     struct bench_options *options);

#endif
