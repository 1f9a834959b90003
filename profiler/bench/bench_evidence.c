/* Writes a measurement as a JSON document. */
#include "bench/bench_evidence.h"

#include "bench/bench_clock.h"

#include <clinic/version.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "foundation/output_place.h"

#define NS_PER_US 1000u

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *integers(const uint64_t *values, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, integer(values[i]));
	return list;
}

static json_t *hex(uint64_t value)
{
	char text[20];

	snprintf(text, sizeof(text), "0x%016" PRIx64, value);
	return json_string(text);
}

static uint64_t spent_ns(const struct timeval *before,
			 const struct timeval *after)
{
	int64_t s = after->tv_sec - before->tv_sec;
	int64_t us = after->tv_usec - before->tv_usec;

	return (uint64_t)(s * NS_PER_S + us * NS_PER_US);
}

/* Each line has one key and its value, in the order of the document. */
/* clang-format off */
static json_t *usage_document(const struct rusage *before,
			      const struct rusage *after)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I}",
		"user_ns",
		integer(spent_ns(&before->ru_utime, &after->ru_utime)),
		"system_ns",
		integer(spent_ns(&before->ru_stime, &after->ru_stime)),
		"max_rss_bytes",
		(json_int_t)after->ru_maxrss * 1024,
		"minor_faults_count",
		(json_int_t)(after->ru_minflt - before->ru_minflt),
		"major_faults_count",
		(json_int_t)(after->ru_majflt - before->ru_majflt),
		"voluntary_switches_count",
		(json_int_t)(after->ru_nvcsw - before->ru_nvcsw),
		"involuntary_switches_count",
		(json_int_t)(after->ru_nivcsw - before->ru_nivcsw));
}

static json_t *allocations_document(const struct clinic_alloc_counts *counts)
{
	return json_pack("{s:o, s:o, s:o}",
		"allocations_count", integer(counts->allocations_count),
		"frees_count", integer(counts->frees_count),
		"allocated_bytes", integer(counts->allocated_bytes));
}

static json_t *head_document(const struct bench_evidence *evidence)
{
	return json_pack(
		"{s:i, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:{s:s, s:o}}",
		"schema", 1,
		"kind", "bench_run",
		"tool",
			"name", "libclinic-bench",
			"version", CLINIC_VERSION,
		"workload", evidence->workload->name,
		"op", evidence->workload->op,
		"size", evidence->options->size,
		"ingress", evidence->options->ingress,
		"fixture",
			"path", evidence->fixture->path,
			"bytes", integer(evidence->fixture->bytes_count));
}

static json_t *measurement_document(const struct bench_evidence *evidence)
{
	const struct clinic_clock *clock = &evidence->clock;
	const struct clinic_result *result = &evidence->result;
	const struct bench_recorder *recorder = evidence->recorder;

	return json_pack(
		"{s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"clock",
			"resolution_ns", integer(clock->resolution_ns),
			"cost_ns", integer(clock->cost_ns),
		"warmup_count", integer(evidence->options->warmup_count),
		"batch_count", integer(result->batch),
		"runs_count", integer(result->batch * result->samples_count),
		"ops_count", integer(evidence->ops_count),
		"answer", hex(result->answer),
		"started_ns", integer(recorder->started_ns),
		"usage",
		usage_document(&recorder->usage_before, &recorder->usage),
		"samples_ns",
		integers(evidence->samples_ns, result->samples_count));
}
/* clang-format on */

static json_t *stages_document(const struct bench_recorder *recorder,
			       size_t samples_count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < recorder->stages_count; i++) {
		const struct stage_record *stage = &recorder->stages[i];
		json_t *row = json_pack(
			"{s:s, s:o}", "name", stage->name, "samples_ns",
			integers(stage->samples_ns, samples_count));

		if (recorder->has_allocations)
			json_object_set_new(
				row, "allocations",
				allocations_document(&stage->allocations));
		json_array_append_new(list, row);
	}
	return list;
}

static void add_stages(json_t *document, const struct bench_recorder *recorder,
		       size_t samples_count)
{
	json_object_set_new(document, "stages",
			    stages_document(recorder, samples_count));
	json_object_set_new(document, "stages_lost_count",
			    integer(stage_time_lost_count()));
}

/*
 * Returns NULL if a name or a path is not UTF-8, because JSON cannot hold it.
 */
static json_t *whole_document(const struct bench_evidence *evidence)
{
	const struct bench_recorder *recorder = evidence->recorder;
	json_t *document = head_document(evidence);

	if (!document)
		return NULL;
	json_object_update_new(document, measurement_document(evidence));
	if (evidence->invalid)
		json_object_set_new(document, "invalid",
				    json_string(evidence->invalid));
	if (recorder->has_stages)
		add_stages(document, recorder, evidence->result.samples_count);
	if (recorder->has_allocations)
		json_object_set_new(
			document, "allocations",
			allocations_document(&recorder->allocations));
	return document;
}

/*
 * Closes the stream, too: some errors, such as a full disk, are only reported
 * then.
 */
static int write_stream(const json_t *document, FILE *stream)
{
	int err = 0;

	errno = 0;
	if (json_dumpf(document, stream, JSON_INDENT(1)) ||
	    fputc('\n', stream) == EOF)
		err = errno ? -errno : -EIO;
	if (fclose(stream) && !err)
		err = -errno;
	return err;
}

static int write_file(const json_t *document, const char *path)
{
	struct clinic_output_place place;
	FILE *stream;
	int fd, err = clinic_output_place_open(&place, path, &fd);

	if (err)
		return err;
	stream = fdopen(fd, "w");
	if (!stream)
		close(fd);
	return clinic_output_place_close(
		&place, stream ? write_stream(document, stream) : -ENOMEM);
}

static int write_document(const json_t *document, const char *path)
{
	if (strcmp(path, "-") == 0)
		return write_stream(document, stdout);
	return write_file(document, path);
}

int bench_evidence_write(const struct bench_evidence *evidence,
			 const char *path)
{
	json_t *document = whole_document(evidence);
	int err;

	if (!document)
		return -EILSEQ;
	err = write_document(document, path);
	json_decref(document);
	return err;
}
