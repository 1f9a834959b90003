/* Reads the options, maps the fixture, and calls the function that measures. */
#include "bench/bench_start.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

int bench_start(int argc, char **argv, const char *program,
		const struct clinic_workload *workload,
		enum bench_exit (*run)(const struct bench_options *,
				       const struct bench_fixture *))
{
	struct bench_options options;
	struct bench_fixture fixture;
	enum bench_exit code;
	int err;

	switch (bench_options_parse(argc, argv, workload, &options)) {
	case OPTIONS_DONE:
		return EXIT_MEASURED;
	case OPTIONS_WRONG:
		return EXIT_WRONG_USAGE;
	case OPTIONS_GO:
		break;
	}
	signal(SIGXFSZ, SIG_IGN);
	err = bench_fixture_open(&fixture, options.fixture, workload->name,
				 options.size);
	if (err) {
		fprintf(stderr,
			"%s: cannot read the fixture %s: %s; try "
			"`make fixtures`, or another --size\n",
			program, fixture.path, strerror(-err));
		return EXIT_ENVIRONMENT;
	}
	code = run(&options, &fixture);
	bench_fixture_close(&fixture);
	return (int)code;
}
