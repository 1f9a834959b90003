/*
 * bench/bench_evidence.h - writes a measurement as a JSON document of the kind
 * "bench_run".
 *
 * The document has every sample, in order, in base units, and no conclusions.
 *
 * Ownership  everything that the struct points to belongs to the caller.
 * Errors     0 or -errno; -EILSEQ: a name or a path is not UTF-8. A regular
 *            file appears complete, by rename, or not at all; a pipe or a
 *            device is written to directly.
 * Threads    one.
 * Read next  templates/schemas/bench_run.schema.json.
 */
#ifndef CLINIC_BENCH_EVIDENCE_H
#define CLINIC_BENCH_EVIDENCE_H

#include "bench/bench_fixture.h"
#include "bench/bench_options.h"
#include "bench/bench_recorder.h"

#include <clinic/bench.h>
#include <stdint.h>

struct bench_evidence {
	const struct clinic_workload *workload;
	const struct bench_options *options;
	const struct bench_fixture *fixture;
	const struct bench_recorder *recorder;
	struct clinic_clock clock;
	struct clinic_result result;
	size_t ops_count;
	const uint64_t *samples_ns;
	const char *invalid; /* why the runs do not count, or NULL */
};

/* The path "-" means the standard output, which is then closed. */
int bench_evidence_write(const struct bench_evidence *evidence,
			 const char *path);

#endif
