/*
 * bench_evidence.h - one measurement as a JSON document, kind "bench_run".
 *
 * Every sample, in order, in base units; nothing is concluded here.
 *
 * Errors     0 or -errno; -EILSEQ when a path is not UTF-8.
 *            A plain file appears whole, by rename, or not at all; a pipe
 *            or a device is written in place.
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
	const char *invalid; /* why the runs are no measurement, or NULL */
};

/* path "-" is stdout. */
int bench_evidence_write(const struct bench_evidence *evidence,
			 const char *path);

#endif
