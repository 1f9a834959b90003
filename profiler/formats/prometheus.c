/* Chooses which figures of a session are gauges for Prometheus, as a format. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "formats/format.h"
#include "formats/gauge_text.h"
#include "foundation/output_file.h"
#include "session/instrument_time.h"
#include "session/memory_sums.h"
#include "session/quality.h"
#include "session/row_name.h"
#include "session/session.h"
#include "session/tally.h"
#include "session/waiting.h"

#define NUMBER        CLINIC_GAUGE_NUMBER
#define NANOSECONDS   CLINIC_GAUGE_NANOSECONDS
#define COUNT_OF(all) (sizeof(all) / sizeof(*(all)))

/* The sums that are needed before anything is written. */
struct sums {
	const struct clinic_session *session;
	struct clinic_quality_counts counts;
	uint64_t instrument_ns;
	struct clinic_tally stages;
	struct clinic_waiting waiting;
	struct clinic_allocation *allocated; /* by stage */
	/* by number of the text of its kind */
	struct clinic_lock *lock;
};

/* A gauge with a row for each stage, or each kind of lock. */
struct family {
	struct clinic_gauge gauge;
	/* of the number in struct clinic_allocation or clinic_lock */
	size_t offset;
};

static void write_info(struct clinic_out *out,
		       const struct clinic_session *session)
{
	static const struct clinic_gauge info = {
		"info", "What was recorded, where, and by which sampler.",
		NUMBER, 1};
	const struct clinic_session_metadata *metadata =
		clinic_session_get_metadata(session);
	const struct clinic_gauge_label labels[] = {
		{"command", clinic_session_text(session, metadata->command_id)},
		{"host", clinic_session_text(session, metadata->host_id)},
		{"tool", clinic_session_text(session, metadata->tool_id)},
		{"backend", clinic_session_text(session, metadata->backend_id)},
		{"event", clinic_session_text(session, metadata->event_id)},
	};

	clinic_gauge_head(out, &info);
	clinic_gauge_row(out, &info, labels, COUNT_OF(labels), info.value);
}

static void write_run(struct clinic_out *out,
		      const struct clinic_session *session)
{
	const struct clinic_session_metadata *metadata =
		clinic_session_get_metadata(session);
	const struct clinic_gauge times[] = {
		{"start_timestamp_seconds",
		 "When the recording began, in seconds of the Unix clock.",
		 NANOSECONDS, metadata->started_realtime_ns},
		{"duration_seconds", "How long was recorded.", NANOSECONDS,
		 clinic_session_duration_ns(session)},
	};
	const struct clinic_gauge exit_code = {
		"exit_code", "How the program ended, as a shell reports it.",
		NUMBER, metadata->exit_code};

	clinic_gauge_write_known(out, times, COUNT_OF(times));
	/*
	 * If the end was not seen, there is no exit code; 0 would mean success.
	 */
	if (!metadata->exit_unknown || metadata->exit_code)
		clinic_gauge_write(out, &exit_code, 1);
}

static uint64_t count_warnings(const struct clinic_session *session)
{
	uint64_t warnings = 0;
	uint32_t count;
	const struct clinic_note *note =
		clinic_session_rows(session, CLINIC_NOTES, &count);

	for (uint32_t i = 0; i < count; i++)
		warnings += note[i].is_warning != 0;
	return warnings;
}

/* Writes how far the recording can be trusted. */
static void write_quality(struct clinic_out *out, const struct sums *sums)
{
	const struct clinic_quality *quality =
		clinic_session_get_quality(sums->session);
	const struct clinic_gauge gauges[] = {
		{"warnings", "Notes that say which numbers may be wrong.",
		 NUMBER, count_warnings(sums->session)},
		{"samples", "Samples of CPU time.", NUMBER,
		 sums->counts.samples_count},
		{"truncated_stacks",
		 "Samples whose stack does not reach its thread's beginning.",
		 NUMBER, sums->counts.truncated_count},
		{"guessed_stacks",
		 "Samples whose stack leads through code without tables.",
		 NUMBER, sums->counts.guessed_count},
		{"lost_records", "Records that the kernel or a ring dropped.",
		 NUMBER, quality->lost_count},
		{"throttles", "How often the kernel stopped the sampling.",
		 NUMBER, quality->throttled_count},
	};

	clinic_gauge_write(out, gauges, COUNT_OF(gauges));
}

/* Writes CPU times, and what the recording cost. */
static void write_costs(struct clinic_out *out, const struct sums *sums)
{
	const struct clinic_quality *quality =
		clinic_session_get_quality(sums->session);
	const struct clinic_gauge gauges[] = {
		{"sampled_cpu_seconds", "CPU time that the samples stand for.",
		 NANOSECONDS, sums->counts.sampled_cpu_ns},
		{"accounted_cpu_seconds",
		 "CPU time of the program by the kernel's accounts.",
		 NANOSECONDS, quality->accounted_cpu_ns},
		{"instrument_cpu_seconds",
		 "CPU time of the program that the instruments took.",
		 NANOSECONDS, sums->instrument_ns},
		{"collector_cpu_seconds", "CPU time of clinic itself.",
		 NANOSECONDS, quality->collector_cpu_ns},
		{"collector_peak_resident_bytes",
		 "The most memory that clinic itself had resident.", NUMBER,
		 quality->collector_peak_rss_bytes},
	};

	clinic_gauge_write_known(out, gauges, COUNT_OF(gauges));
}

static void write_stage(struct clinic_out *out, const struct sums *sums,
			const struct clinic_gauge *gauge, uint32_t stage_id,
			uint64_t value)
{
	char unused[1]; /* the name of a stage needs no room */
	const struct clinic_tally_row row = {.stage_id = stage_id};
	const struct clinic_gauge_label label = {
		"stage", clinic_row_name(sums->session, CLINIC_BY_STAGE, &row,
					 unused, sizeof(unused))};

	clinic_gauge_row(out, gauge, &label, 1, value);
}

static void write_stages(struct clinic_out *out, const struct sums *sums)
{
	static const struct clinic_gauge gauge = {
		"stage_cpu_seconds", "CPU time of the samples of a stage.",
		NANOSECONDS, 0};

	if (!sums->stages.count)
		return;
	clinic_gauge_head(out, &gauge);
	for (uint32_t i = 0; i < sums->stages.count; i++)
		write_stage(out, sums, &gauge, sums->stages.row[i].stage_id,
			    sums->stages.row[i].self);
}

static uint64_t number_at(const void *row, size_t offset)
{
	uint64_t number;

	memcpy(&number, (const char *)row + offset, sizeof(number));
	return number;
}

static void write_allocated(struct clinic_out *out, const struct sums *sums,
			    const struct family *family)
{
	uint32_t count;

	clinic_session_rows(sums->session, CLINIC_STAGES, &count);
	clinic_gauge_head(out, &family->gauge);
	for (uint32_t i = 0; i < count; i++)
		if (sums->allocated[i].allocations_count)
			write_stage(
				out, sums, &family->gauge, i,
				number_at(&sums->allocated[i], family->offset));
}

static void write_allocations(struct clinic_out *out, const struct sums *sums)
{
	static const struct family families[] = {
		{{"stage_allocations", "Allocations of a stage.", NUMBER, 0},
		 offsetof(struct clinic_allocation, allocations_count)},
		{{"stage_allocated_bytes", "Bytes that a stage asked for.",
		  NUMBER, 0},
		 offsetof(struct clinic_allocation, bytes)},
		{{"stage_leaked_bytes",
		  "Bytes of a stage that were live at the end.", NUMBER, 0},
		 offsetof(struct clinic_allocation, leaked_bytes)},
	};
	const struct clinic_gauge peak = {
		"peak_bytes", "The most bytes that were live at once.", NUMBER,
		clinic_session_get_quality(sums->session)->peak_bytes};

	if (!clinic_memory_is_observed(sums->session))
		return;
	clinic_gauge_write(out, &peak, 1);
	for (size_t i = 0; i < COUNT_OF(families); i++)
		write_allocated(out, sums, &families[i]);
}

static void write_lock_kinds(struct clinic_out *out, const struct sums *sums,
			     const struct family *family)
{
	uint32_t count = clinic_session_texts_count(sums->session);

	clinic_gauge_head(out, &family->gauge);
	for (uint32_t kind = 0; kind < count; kind++) {
		const struct clinic_gauge_label label = {
			"kind", clinic_session_text(sums->session, kind)};

		if (sums->lock[kind].acquisitions_count)
			clinic_gauge_row(
				out, &family->gauge, &label, 1,
				number_at(&sums->lock[kind], family->offset));
	}
}

static void write_locks(struct clinic_out *out, const struct sums *sums)
{
	static const struct family families[] = {
		{{"lock_acquisitions", "Acquisitions of locks.", NUMBER, 0},
		 offsetof(struct clinic_lock, acquisitions_count)},
		{{"lock_waits", "Acquisitions that had to wait.", NUMBER, 0},
		 offsetof(struct clinic_lock, contended_count)},
		{{"lock_wait_seconds", "How long threads waited for locks.",
		  NANOSECONDS, 0},
		 offsetof(struct clinic_lock, wait_ns)},
	};
	uint32_t count;

	clinic_session_rows(sums->session, CLINIC_LOCKS, &count);
	for (size_t i = 0; count && i < COUNT_OF(families); i++)
		write_lock_kinds(out, sums, &families[i]);
}

static void write_waits(struct clinic_out *out, const struct sums *sums)
{
	static const struct clinic_gauge gauge = {
		"off_cpu_seconds", "Time of all threads off the CPU.",
		NANOSECONDS, 0};
	static const struct clinic_gauge_label blocked = {"state", "blocked"};
	static const struct clinic_gauge_label ready = {"state", "ready"};

	if (!clinic_waiting_is_observed(sums->session))
		return;
	clinic_gauge_head(out, &gauge);
	clinic_gauge_row(out, &gauge, &blocked, 1,
			 sums->waiting.all.blocked_ns);
	clinic_gauge_row(out, &gauge, &ready, 1, sums->waiting.all.ready_ns);
}

static int add_allocations(struct sums *sums)
{
	uint32_t count, stages_count;
	const struct clinic_allocation *row =
		clinic_session_rows(sums->session, CLINIC_ALLOCATIONS, &count);

	clinic_session_rows(sums->session, CLINIC_STAGES, &stages_count);
	sums->allocated = calloc(stages_count, sizeof(*sums->allocated));
	if (!sums->allocated)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct clinic_allocation *sum =
			&sums->allocated[row[i].stage_id];

		sum->allocations_count += row[i].allocations_count;
		sum->bytes += row[i].bytes;
		sum->leaked_bytes += row[i].leaked_bytes;
	}
	return 0;
}

static int add_locks(struct sums *sums)
{
	uint32_t count;
	const struct clinic_lock *row =
		clinic_session_rows(sums->session, CLINIC_LOCKS, &count);

	sums->lock = calloc(clinic_session_texts_count(sums->session),
			    sizeof(*sums->lock));
	if (!sums->lock)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct clinic_lock *sum = &sums->lock[row[i].kind_id];

		sum->acquisitions_count += row[i].acquisitions_count;
		sum->contended_count += row[i].contended_count;
		sum->wait_ns += row[i].wait_ns;
	}
	return 0;
}

static int add_up(struct sums *sums)
{
	int err = clinic_quality_count(sums->session, &sums->counts);

	if (!err)
		err = clinic_instrument_cpu_ns(sums->session,
					       &sums->instrument_ns);
	if (!err)
		err = clinic_tally_make(sums->session, CLINIC_BY_STAGE,
					CLINIC_WEIGHT_CPU, &sums->stages);
	if (!err)
		err = add_allocations(sums);
	if (!err)
		err = add_locks(sums);
	return err ? err : clinic_waiting_sum(sums->session, &sums->waiting);
}

static int write_sums(const struct sums *sums, const char *path)
{
	struct clinic_out *out;
	int err = clinic_out_open(&out, path);

	if (err)
		return err;
	write_info(out, sums->session);
	write_run(out, sums->session);
	write_quality(out, sums);
	write_costs(out, sums);
	write_stages(out, sums);
	write_allocations(out, sums);
	write_locks(out, sums);
	write_waits(out, sums);
	return clinic_out_close(out);
}

static int write_prometheus(const struct clinic_session *session,
			    const struct clinic_format_options *options,
			    const char *path)
{
	struct sums sums = {.session = session};
	int err = add_up(&sums);

	(void)options;
	if (!err) {
		err = write_sums(&sums, path);
		clinic_waiting_free(&sums.waiting);
	}
	clinic_tally_free(&sums.stages);
	free(sums.allocated);
	free(sums.lock);
	return err;
}

static const struct clinic_format prometheus = {
	.name = "prometheus",
	.suffix = ".prom",
	.summary = "how the run went and how far to trust it, as metrics for "
		   "Prometheus",
	.write = write_prometheus,
};
CLINIC_FORMAT(prometheus);
