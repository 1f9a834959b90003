/* Prints `clinic report --json`: every table, for programs. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "cli/json_fields.h"
#include "cli/report.h"
#include "cli/report_json.h"
#include "session/schema.h"
#include "session/figures.h"
#include "session/session.h"

static void set_share(const struct clinic_report *report, json_t *object,
		      const struct clinic_tally *tally, const char *kind,
		      uint64_t part)
{
	struct clinic_share share =
		clinic_figure_share(tally, report->weight, part);
	char key[40];

	snprintf(key, sizeof(key), "%s_ratio", kind);
	json_object_set_new(object, key, json_real(share.ratio));
	snprintf(key, sizeof(key), "%s_low_ratio", kind);
	json_object_set_new(object, key, json_real(share.low));
	snprintf(key, sizeof(key), "%s_high_ratio", kind);
	json_object_set_new(object, key, json_real(share.high));
}

static json_t *tally_row(const struct clinic_report *report,
			 const struct clinic_tally *tally,
			 enum clinic_group group,
			 const struct clinic_tally_row *row)
{
	json_t *object = json_object();

	clinic_field_name(report, object, "name", group, row);
	if (group == CLINIC_BY_FUNCTION)
		clinic_field_definition(report, object, row->frame_id);
	else if (group == CLINIC_BY_LINE)
		clinic_field_place(report, object, row->frame_id);
	set_share(report, object, tally, "self", row->self);
	set_share(report, object, tally, "total", row->total);
	clinic_field_count(object, "samples_count", row->self_samples_count);
	clinic_field_count(object, "total_samples_count",
			   row->total_samples_count);
	return object;
}

static json_t *tally_rows(const struct clinic_report *report,
			  const struct clinic_tally *tally,
			  enum clinic_group group)
{
	json_t *rows = json_array();
	uint32_t shown = clinic_report_rows(report, tally->count);

	for (uint32_t i = 0; i < shown; i++)
		json_array_append_new(
			rows, tally_row(report, tally, group, &tally->row[i]));
	return rows;
}

static const char *key_of(enum clinic_group group)
{
	static const char *const keys[CLINIC_GROUPS] = {
		[CLINIC_BY_FUNCTION] = "functions",
		[CLINIC_BY_LINE] = "lines",
		[CLINIC_BY_FILE] = "files",
		[CLINIC_BY_LIBRARY] = "libraries",
		[CLINIC_BY_THREAD] = "threads",
		[CLINIC_BY_STAGE] = "stages"};

	return keys[group];
}

static int set_tallies(const struct clinic_report *report, json_t *root)
{
	for (unsigned int group = 0; group < CLINIC_GROUPS; group++) {
		struct clinic_tally tally;
		int error = clinic_tally_make(report->session, group,
					      report->weight, &tally);

		if (error)
			return error;
		json_object_set_new(root, key_of(group),
				    tally_rows(report, &tally, group));
		clinic_tally_free(&tally);
	}
	return 0;
}

static int set_callers(const struct clinic_report *report, json_t *root)
{
	struct clinic_tally tally;
	int error;

	if (!report->callers)
		return 0;
	error = clinic_tally_callers(report->session, report->callers,
				     report->weight, &tally);
	if (error)
		return error;
	if (!tally.count)
		error = -ENOENT;
	json_object_set_new(root, "callers",
			    tally_rows(report, &tally, CLINIC_BY_FUNCTION));
	clinic_tally_free(&tally);
	return error;
}

static json_t *tiers(const uint64_t by_tier[CLINIC_TIERS])
{
	json_t *object = json_object();

	for (unsigned int tier = 0; tier < CLINIC_TIERS; tier++)
		clinic_field_count(object, clinic_tier_name(tier),
				   by_tier[tier]);
	return object;
}

static void set_sampler(const struct clinic_report *report, json_t *object)
{
	const struct clinic_session_metadata *metadata =
		clinic_session_metadata(report->session);

	clinic_field_text(report, object, "backend", metadata->backend_id);
	clinic_field_text(report, object, "event", metadata->event_id);
	clinic_field_count(object, "frequency_hz", metadata->frequency_hz);
}

static void set_sample_counts(json_t *object,
			      const struct clinic_quality_counts *counts,
			      const struct clinic_quality *quality,
			      uint64_t instrument_cpu_ns)
{
	clinic_field_count(object, "samples_count", counts->samples_count);
	clinic_field_count(object, "lost_count", quality->lost_count);
	clinic_field_count(object, "throttled_count", quality->throttled_count);
	clinic_field_count(object, "lost_locks_count",
			   quality->lost_locks_count);
	clinic_field_count(object, "truncated_count", counts->truncated_count);
	clinic_field_count(object, "alternate_stack_count",
			   counts->alternate_stack_count);
	clinic_field_count(object, "guessed_count", counts->guessed_count);
	clinic_field_count(object, "sampled_cpu_ns", counts->sampled_cpu_ns);
	clinic_field_count(object, "accounted_cpu_ns",
			   quality->accounted_cpu_ns);
	clinic_field_count(object, "instrument_cpu_ns", instrument_cpu_ns);
}

static void set_names(json_t *object,
		      const struct clinic_quality_counts *counts)
{
	clinic_field_ratio(object, "symbolised_ratio",
			   clinic_figure_symbolised(counts->leaves));
	clinic_field_ratio(object, "symbolised_frames_ratio",
			   clinic_figure_symbolised(counts->frames));
	json_object_set_new(object, "samples_by_tier", tiers(counts->leaves));
	json_object_set_new(object, "frames_by_tier", tiers(counts->frames));
}

static json_t *quality(const struct clinic_report *report)
{
	const struct clinic_quality *quality =
		clinic_session_quality(report->session);
	json_t *object = json_object();

	set_sampler(report, object);
	set_sample_counts(object, &report->counts, quality,
			  report->instrument_cpu_ns);
	set_names(object, &report->counts);
	clinic_field_ratio(object, "complete_stacks_ratio",
			   clinic_figure_complete(&report->counts));
	clinic_field_ratio(
		object, "cpu_reconciliation_ratio",
		clinic_figure_reconciliation(report->session, &report->counts));
	clinic_field_ratio(object, "overhead_ratio",
			   clinic_figure_overhead(report->session));
	clinic_field_count(object, "collector_peak_rss_bytes",
			   quality->collector_peak_rss_bytes);
	clinic_field_ratio(object, "kernel_unsampled_ratio",
			   clinic_figure_blind(report->session));
	return object;
}

/* The columns of the session become keys. */
static json_t *metric(const struct clinic_metric *row)
{
	const struct clinic_columns *schema =
		&clinic_schema_tables[CLINIC_METRICS];
	json_t *object = json_object();

	for (uint32_t i = 0; i < schema->columns_count; i++)
		clinic_field_count(object, schema->column[i].name,
				   clinic_column_get(&schema->column[i], row));
	return object;
}

static void set_metrics(const struct clinic_report *report, json_t *root)
{
	uint32_t count;
	const struct clinic_metric *row =
		clinic_session_rows(report->session, CLINIC_METRICS, &count);
	json_t *metrics = json_array();

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(metrics, metric(&row[i]));
	json_object_set_new(root, "metrics", metrics);
}

static void set_refusals(const struct clinic_report *report, json_t *root)
{
	uint32_t count;
	const struct clinic_refusal *refusal =
		clinic_session_rows(report->session, CLINIC_REFUSALS, &count);
	json_t *refusals = json_array();

	for (uint32_t i = 0; i < count; i++) {
		json_t *object = json_object();

		clinic_field_text(report, object, "backend",
				  refusal[i].backend_id);
		clinic_field_count(object, "errno", refusal[i].errno_number);
		clinic_field_text(report, object, "text", refusal[i].text_id);
		json_array_append_new(refusals, object);
	}
	json_object_set_new(root, "refusals", refusals);
}

static void set_notes(const struct clinic_report *report, json_t *root)
{
	uint32_t count;
	const struct clinic_note *note =
		clinic_session_rows(report->session, CLINIC_NOTES, &count);
	json_t *notes = json_array();

	for (uint32_t i = 0; i < count; i++) {
		json_t *object = json_object();

		clinic_field_text(report, object, "text", note[i].text_id);
		json_object_set_new(object, "is_warning",
				    json_boolean(note[i].is_warning));
		if (note[i].repeats_count)
			clinic_field_count(object, "count",
					   note[i].repeats_count + 1ull);
		json_array_append_new(notes, object);
	}
	json_object_set_new(root, "notes", notes);
}

/* A program whose end was not seen has no exit code; 0 would mean success. */
static void set_exit(const struct clinic_session_metadata *metadata,
		     json_t *root)
{
	if (metadata->exit_unknown && !metadata->exit_code)
		json_object_set_new(root, "exit_code", json_null());
	else
		clinic_field_count(root, "exit_code", metadata->exit_code);
	if (metadata->runs_count)
		clinic_field_count(root, "runs_count", metadata->runs_count);
}

static void set_head(const struct clinic_report *report, json_t *root)
{
	const struct clinic_session_metadata *metadata =
		clinic_session_metadata(report->session);

	clinic_field_count(root, "schema", 1);
	clinic_field_text(report, root, "command", metadata->command_id);
	clinic_field_text(report, root, "host", metadata->host_id);
	clinic_field_text(report, root, "tool", metadata->tool_id);
	set_exit(metadata, root);
	clinic_field_count(root, "started_ns", metadata->started_ns);
	clinic_field_count(root, "duration_ns",
			   clinic_session_duration_ns(report->session));
	json_object_set_new(root, "weight",
			    json_string(clinic_weight_name(report->weight)));
	json_object_set_new(root, "quality", quality(report));
	set_refusals(report, root);
	set_notes(report, root);
}

static int set_tables(const struct clinic_report *report, json_t *root)
{
	int error = set_tallies(report, root);

	if (!error)
		error = set_callers(report, root);
	if (!error)
		error = clinic_report_json_memory(report, root);
	if (!error)
		error = clinic_report_json_off_cpu(report, root);
	if (!error)
		error = clinic_report_json_locks(report, root);
	if (!error)
		error = clinic_report_json_resident(report, root);
	if (!error)
		set_metrics(report, root);
	return error;
}

static int print(const json_t *root)
{
	int failed = json_dumpf(root, stdout,
				JSON_INDENT(1) | JSON_REAL_PRECISION(12));

	printf("\n");
	return failed ? -EIO : 0;
}

int clinic_report_json(const struct clinic_report *report)
{
	json_t *root = json_object();
	int error;

	if (!root)
		return -ENOMEM;
	set_head(report, root);
	error = set_tables(report, root);
	if (!error)
		error = print(root);
	json_decref(root);
	return error;
}
