/*
 * bench/bench_fixture.h - the input of a workload: a file that is mapped for
 * reading.
 *
 * Ownership  bench_fixture_close() unmaps what bench_fixture_open() has mapped.
 * Errors     0 or -errno; -ENODATA: the file is empty. After an error, nothing
 *            is mapped.
 * Read next  fixtures/README.md.
 */
#ifndef CLINIC_BENCH_FIXTURE_H
#define CLINIC_BENCH_FIXTURE_H

#include <limits.h>
#include <stddef.h>

struct bench_fixture {
	char path[PATH_MAX];
	const void *bytes;
	size_t bytes_count;
};

/*
 * If path is NULL, the file is ../../fixtures/WORKLOAD/SIZE.bin, relative to
 * the folder of the program's file. fixture->path is set even if opening the
 * file fails.
 */
int bench_fixture_open(struct bench_fixture *fixture, const char *path,
		       const char *workload, const char *size);

void bench_fixture_close(struct bench_fixture *fixture);

#endif
