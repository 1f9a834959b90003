/*
 * bench/bench_start.h - what every program that runs a workload does first and
 * last.
 *
 * It reads the options, maps the fixture, calls the program's own function with
 * both, and unmaps the fixture. SIGXFSZ is ignored: a file that would grow
 * beyond the limit of file sizes is an error of write(), and does not end the
 * process.
 *
 * Errors     are printed to stderr; the exit code is returned.
 * Read next  bench_main.c and pairs/pairs_main.c, the callers.
 */
#ifndef CLINIC_BENCH_START_H
#define CLINIC_BENCH_START_H

#include <clinic/bench.h>

#include "bench/bench_fixture.h"
#include "bench/bench_options.h"

enum bench_exit {
	EXIT_MEASURED = 0,
	EXIT_WRONG_ANSWER = 1,
	EXIT_WRONG_USAGE = 2,
	EXIT_ENVIRONMENT = 4,
};

/* program is the name that messages begin with. */
int bench_start(int argc, char **argv, const char *program,
		const struct clinic_workload *workload,
		enum bench_exit (*run)(const struct bench_options *,
				       const struct bench_fixture *));

#endif
