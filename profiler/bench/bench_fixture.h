/*
 * bench_fixture.h - the frozen input of a run, mapped read-only.
 *
 * Ownership  bench_fixture_open() makes, bench_fixture_close() frees.
 * Errors     0 or -errno; -ENODATA for an empty file.
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
 * Path NULL: ../../fixtures/WORKLOAD/SIZE.bin, seen from the program's file.
 * fixture->path is set even when opening it fails.
 */
int bench_fixture_open(struct bench_fixture *fixture, const char *path,
		       const char *workload, const char *size);

void bench_fixture_close(struct bench_fixture *fixture);

#endif
