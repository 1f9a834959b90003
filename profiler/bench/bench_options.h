/*
 * bench_options.h - the command line that every library patient has.
 *
 * Units      _ns nanoseconds, whatever unit the option was typed in.
 * Ownership  strings point into argv.
 * Errors     prints one sentence to stderr; the result says how to exit.
 * Read next  bench_main.c.
 */
#ifndef CLINIC_BENCH_OPTIONS_H
#define CLINIC_BENCH_OPTIONS_H

#include <clinic/workload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_options {
	const char *size;
	const char *fixture; /* NULL: the one of this size */
	const char *ingress;
	const char *json; /* NULL: a summary for people on stdout */
	uint64_t samples_count;
	uint64_t samples_max; /* 0: as many as minimum_ns takes */
	uint64_t warmup_count;
	uint64_t minimum_ns;
	uint64_t batch_count; /* 0: chosen from the clock */
	uint64_t load_ns;     /* not 0: sustained load instead of samples */
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
