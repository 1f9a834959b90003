/* `clinic report --json`: every table, for programs. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/report.h"
#include "session/schema.h"
#include "session/session.h"

enum { ROOM_BYTES = 4096 };

/* jansson's functions take NULL, and then fail: one check at the end. */
static void set_count(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

/* What is not known is null, never 0. */
static void set_ratio(json_t *object, const char *key, double ratio)
{
	json_object_set_new(object, key,
			    ratio < 0.0 ? json_null() : json_real(ratio));
}

static void set_share(const struct clinic_report *report, json_t *object,
		      const struct clinic_tally *tally, const char *kind,
		      uint64_t part)
{
	struct clinic_share share = clinic_report_share(report, tally, part);
	char key[40];

	snprintf(key, sizeof(key), "%s_ratio", kind);
	json_object_set_new(object, key, json_real(share.ratio));
	snprintf(key, sizeof(key), "%s_low_ratio", kind);
	json_object_set_new(object, key, json_real(share.low));
	snprintf(key, sizeof(key), "%s_high_ratio", kind);
	json_object_set_new(object, key, json_real(share.high));
}

static const struct clinic_frame *frame_at(const struct clinic_report *report,
					   uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(report->session, CLINIC_FRAMES, &count);

	return &frame[frame_id];
}

static void set_library(const struct clinic_report *report, json_t *object,
			const struct clinic_frame *frame)
{
	const struct clinic_session *session = report->session;
	uint32_t count;
	const struct clinic_library *library =
		clinic_session_rows(session, CLINIC_LIBRARIES, &count);

	set_text(object, "library",
		 clinic_session_text(session,
				     library[frame->library_id].path_id));
}

/* Of the code: a line that was executed. */
static void set_place(const struct clinic_report *report, json_t *object,
		      uint32_t frame_id)
{
	const struct clinic_frame *frame = frame_at(report, frame_id);

	set_text(object, "file",
		 clinic_session_text(report->session, frame->file_id));
	set_count(object, "line", frame->line);
	set_library(report, object, frame);
}

/* Of a function: where it is defined, and its line with most self time. */
static void set_definition(const struct clinic_report *report, json_t *object,
			   uint32_t frame_id)
{
	const struct clinic_frame *frame = frame_at(report, frame_id);

	set_text(object, "file",
		 clinic_session_text(report->session, frame->defined_file_id));
	set_count(object, "line", frame->defined_line);
	set_text(object, "hottest_file",
		 clinic_session_text(report->session, frame->file_id));
	set_count(object, "hottest_line", frame->line);
	set_library(report, object, frame);
}

static json_t *tally_row(const struct clinic_report *report,
			 const struct clinic_tally *tally,
			 enum clinic_group group,
			 const struct clinic_tally_row *row)
{
	json_t *object = json_object();
	char room[ROOM_BYTES];

	set_text(object, "name",
		 clinic_report_name(report, group, row, room, sizeof(room)));
	if (group == CLINIC_BY_FUNCTION)
		set_definition(report, object, row->frame_id);
	else if (group == CLINIC_BY_LINE)
		set_place(report, object, row->frame_id);
	set_share(report, object, tally, "self", row->self);
	set_share(report, object, tally, "total", row->total);
	set_count(object, "samples_count", row->self_samples_count);
	set_count(object, "total_samples_count", row->total_samples_count);
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
		set_count(object, clinic_tier_name(tier), by_tier[tier]);
	return object;
}

static json_t *quality(const struct clinic_report *report)
{
	const struct clinic_session *session = report->session;
	const struct clinic_about *about =
		clinic_session_about(report->session);
	const struct clinic_quality *quality =
		clinic_session_quality(report->session);
	const struct clinic_quality_counts *counts = &report->counts;
	uint64_t complete = counts->samples_count - counts->truncated_count -
			    counts->guessed_count;
	json_t *object = json_object();

	set_text(object, "backend",
		 clinic_session_text(session, about->backend_id));
	set_text(object, "event",
		 clinic_session_text(session, about->event_id));
	set_count(object, "frequency_hz", about->frequency_hz);
	set_count(object, "samples_count", counts->samples_count);
	set_count(object, "lost_count", quality->lost_count);
	set_count(object, "throttled_count", quality->throttled_count);
	set_count(object, "truncated_count", counts->truncated_count);
	set_count(object, "alternate_stack_count",
		  counts->alternate_stack_count);
	set_count(object, "guessed_count", counts->guessed_count);
	set_count(object, "sampled_cpu_ns", counts->sampled_cpu_ns);
	set_count(object, "accounted_cpu_ns", quality->accounted_cpu_ns);
	set_ratio(object, "symbolised_ratio",
		  clinic_report_symbolised(counts->leaves));
	set_ratio(object, "symbolised_frames_ratio",
		  clinic_report_symbolised(counts->frames));
	json_object_set_new(object, "samples_by_tier", tiers(counts->leaves));
	json_object_set_new(object, "frames_by_tier", tiers(counts->frames));
	set_ratio(object, "complete_stacks_ratio",
		  counts->samples_count
			  ? (double)complete / (double)counts->samples_count
			  : -1.0);
	set_ratio(object, "cpu_reconciliation_ratio",
		  clinic_report_reconciliation(report));
	set_ratio(object, "overhead_ratio", clinic_report_overhead(report));
	set_count(object, "collector_peak_rss_bytes",
		  quality->collector_peak_rss_bytes);
	set_ratio(object, "kernel_unsampled_ratio",
		  clinic_report_blind(report));
	return object;
}

static void set_allocation(json_t *object, const struct clinic_allocation *row)
{
	set_count(object, "allocations_count", row->allocations_count);
	set_count(object, "frees_count", row->frees_count);
	set_count(object, "bytes", row->bytes);
	set_count(object, "leaked_count", row->leaked_count);
	set_count(object, "leaked_bytes", row->leaked_bytes);
	set_count(object, "temporary_count", row->temporary_count);
	set_count(object, "lifetime_ns", row->lifetime_ns);
}

/* Outermost first, as a flame graph reads from below. */
static json_t *stack_names(const struct clinic_report *report, uint32_t id)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);
	json_t *names = json_array();
	char room[ROOM_BYTES];

	for (; id; id = stack[id].parent_id) {
		const struct clinic_tally_row row = {
			.frame_id = stack[id].frame_id};

		json_array_insert_new(names, 0,
				      json_string(clinic_report_name(
					      report, CLINIC_BY_FUNCTION, &row,
					      room, sizeof(room))));
	}
	return names;
}

static json_t *call_site(const struct clinic_report *report,
			 const struct clinic_allocation *site)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);
	const struct clinic_tally_row row = {
		.frame_id = stack[site->stack_id].frame_id};
	json_t *object = json_object();
	char room[ROOM_BYTES];

	set_text(object, "name",
		 clinic_report_name(report, CLINIC_BY_FUNCTION, &row, room,
				    sizeof(room)));
	set_place(report, object, row.frame_id);
	set_allocation(object, site);
	set_count(object, "peak_bytes", site->peak_bytes);
	json_object_set_new(object, "stack",
			    stack_names(report, site->stack_id));
	return object;
}

static json_t *call_sites(const struct clinic_report *report,
			  const struct clinic_memory *memory)
{
	uint32_t shown = clinic_report_rows(report, memory->sites_count);
	json_t *sites = json_array();

	for (uint32_t i = 0; i < shown; i++)
		json_array_append_new(sites,
				      call_site(report, &memory->site[i]));
	return sites;
}

static json_t *stage_allocations(const struct clinic_report *report,
				 const struct clinic_memory *memory)
{
	uint32_t stages_count;
	json_t *stages = json_array();

	clinic_session_rows(report->session, CLINIC_STAGES, &stages_count);
	for (uint32_t i = 0; i < stages_count; i++) {
		const struct clinic_tally_row row = {.stage_id = i};
		json_t *object;

		if (!memory->stage[i].allocations_count)
			continue;
		object = json_object();
		set_text(object, "name",
			 clinic_report_name(report, CLINIC_BY_STAGE, &row, NULL,
					    0));
		set_allocation(object, &memory->stage[i]);
		set_count(object, "peak_bytes", memory->stage[i].peak_bytes);
		json_array_append_new(stages, object);
	}
	return stages;
}

static json_t *allocation_sizes(const struct clinic_report *report)
{
	uint32_t count;
	const struct clinic_allocation_size *size = clinic_session_rows(
		report->session, CLINIC_ALLOCATION_SIZES, &count);
	json_t *sizes = json_array();

	for (uint32_t i = 0; i < count; i++) {
		const struct clinic_tally_row row = {.stage_id =
							     size[i].stage_id};
		json_t *object = json_object();

		set_text(object, "stage",
			 clinic_report_name(report, CLINIC_BY_STAGE, &row, NULL,
					    0));
		set_count(object, "up_to_bytes", size[i].up_to_bytes);
		set_count(object, "allocations_count",
			  size[i].allocations_count);
		json_array_append_new(sizes, object);
	}
	return sizes;
}

static json_t *allocations(const struct clinic_report *report,
			   const struct clinic_memory *memory)
{
	const struct clinic_quality *quality =
		clinic_session_quality(report->session);
	json_t *object = json_object();

	set_allocation(object, &memory->all);
	set_count(object, "peak_bytes", quality->peak_bytes);
	set_count(object, "peak_time_ns", quality->peak_time_ns);
	set_count(object, "unmatched_frees_count",
		  quality->unmatched_frees_count);
	json_object_set_new(object, "stages",
			    stage_allocations(report, memory));
	json_object_set_new(object, "sizes", allocation_sizes(report));
	return object;
}

/* Not observed is null: an absent instrument must not read as zero. */
static int set_memory(const struct clinic_report *report, json_t *root)
{
	struct clinic_memory memory;
	int error;

	if (!clinic_memory_is_observed(report)) {
		json_object_set_new(root, "allocations", json_null());
		json_object_set_new(root, "call_sites", json_null());
		return 0;
	}
	error = clinic_memory_sum(report->session, &memory);
	if (!error) {
		json_object_set_new(root, "allocations",
				    allocations(report, &memory));
		json_object_set_new(root, "call_sites",
				    call_sites(report, &memory));
	}
	clinic_memory_free(&memory);
	return error;
}

static void set_waiting(json_t *object, const struct clinic_waiting_row *row,
			uint64_t cpu_ns)
{
	set_count(object, "watched_ns", row->watched_ns);
	set_count(object, "blocked_ns", row->blocked_ns);
	set_count(object, "ready_ns", row->ready_ns);
	set_count(object, "longest_ns", row->longest_ns);
	set_count(object, "waits_count", row->waits_count);
	set_count(object, "approximate_count", row->approximate_count);
	set_count(object, "sampled_cpu_ns", row->sampled_cpu_ns);
	json_object_set_new(
		object, "unexplained_ns",
		json_integer(clinic_waiting_unexplained(row, cpu_ns)));
}

static json_t *waiting_threads(const struct clinic_report *report,
			       const struct clinic_waiting *waiting)
{
	uint32_t shown = clinic_report_rows(report, waiting->threads_count);
	json_t *threads = json_array();
	char room[ROOM_BYTES];

	for (uint32_t i = 0; i < shown; i++) {
		const struct clinic_waiting_row *row = &waiting->thread[i];
		const struct clinic_tally_row tally = {.thread_id = row->id};
		json_t *object = json_object();

		set_text(object, "name",
			 clinic_report_name(report, CLINIC_BY_THREAD, &tally,
					    room, sizeof(room)));
		set_waiting(object, row, row->sampled_cpu_ns);
		json_array_append_new(threads, object);
	}
	return threads;
}

static json_t *waiting_stacks(const struct clinic_report *report,
			      const struct clinic_waiting *waiting)
{
	uint32_t shown = clinic_report_rows(report, waiting->stacks_count);
	json_t *stacks = json_array();

	for (uint32_t i = 0; i < shown; i++) {
		const struct clinic_waiting_row *row = &waiting->stack[i];
		json_t *object = json_object();

		set_count(object, "blocked_ns", row->blocked_ns);
		set_count(object, "ready_ns", row->ready_ns);
		set_count(object, "longest_ns", row->longest_ns);
		set_count(object, "waits_count", row->waits_count);
		set_count(object, "approximate_count", row->approximate_count);
		json_object_set_new(object, "stack",
				    stack_names(report, row->id));
		json_array_append_new(stacks, object);
	}
	return stacks;
}

/* Null when nobody watched: that is not the same as never waiting. */
static int set_off_cpu(const struct clinic_report *report, json_t *root)
{
	uint64_t cpu_ns =
		clinic_session_quality(report->session)->accounted_cpu_ns;
	struct clinic_waiting waiting;
	json_t *object;
	int error;

	if (!clinic_waiting_is_observed(report->session))
		return json_object_set_new(root, "off_cpu", json_null());
	error = clinic_waiting_sum(report->session, &waiting);
	if (error)
		return error;
	object = json_object();
	set_waiting(object, &waiting.all, cpu_ns);
	set_count(object, "accounted_cpu_ns", cpu_ns);
	json_object_set_new(object, "threads",
			    waiting_threads(report, &waiting));
	json_object_set_new(object, "stacks", waiting_stacks(report, &waiting));
	json_object_set_new(root, "off_cpu", object);
	clinic_waiting_free(&waiting);
	return 0;
}

static json_t *lock_row(const struct clinic_report *report,
			const struct clinic_lock *lock)
{
	const struct clinic_session *session = report->session;
	const struct clinic_tally_row row = {.thread_id = lock->thread_id,
					     .stage_id = lock->stage_id};
	json_t *object = json_object();
	char room[ROOM_BYTES];

	set_text(object, "kind", clinic_session_text(session, lock->kind_id));
	set_text(object, "name", clinic_session_text(session, lock->name_id));
	set_text(object, "thread",
		 clinic_report_name(report, CLINIC_BY_THREAD, &row, room,
				    sizeof(room)));
	set_text(object, "stage",
		 clinic_report_name(report, CLINIC_BY_STAGE, &row, NULL, 0));
	set_count(object, "acquisitions_count", lock->acquisitions_count);
	set_count(object, "contended_count", lock->contended_count);
	set_count(object, "wait_ns", lock->wait_ns);
	set_count(object, "longest_wait_ns", lock->longest_wait_ns);
	set_count(object, "hold_ns", lock->hold_ns);
	json_object_set_new(object, "stack",
			    stack_names(report, lock->stack_id));
	json_object_set_new(object, "owner_stack",
			    stack_names(report, lock->owner_stack_id));
	return object;
}

static int set_locks(const struct clinic_report *report, json_t *root)
{
	uint32_t count;
	struct clinic_lock *lock = clinic_report_locks(report, &count);
	uint32_t shown = clinic_report_rows(report, count);
	json_t *locks;

	if (!lock)
		return -ENOMEM;
	locks = json_array();
	for (uint32_t i = 0; i < shown; i++)
		json_array_append_new(locks, lock_row(report, &lock[i]));
	json_object_set_new(root, "locks", locks);
	free(lock);
	return 0;
}

/* As they stand in the session: columns to keys. */
static json_t *metric(const struct clinic_metric *row)
{
	const struct clinic_columns *schema =
		&clinic_schema_tables[CLINIC_METRICS];
	json_t *object = json_object();

	for (uint32_t i = 0; i < schema->columns_count; i++)
		set_count(object, schema->column[i].name,
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

static void set_words(const struct clinic_report *report, json_t *root)
{
	const struct clinic_session *session = report->session;
	json_t *refusals = json_array();
	json_t *notes = json_array();
	uint32_t count;
	const struct clinic_refusal *refusal =
		clinic_session_rows(session, CLINIC_REFUSALS, &count);
	const struct clinic_note *note;

	for (uint32_t i = 0; i < count; i++) {
		json_t *object = json_object();

		set_text(object, "backend",
			 clinic_session_text(session, refusal[i].backend_id));
		set_count(object, "errno", refusal[i].errno_number);
		set_text(object, "text",
			 clinic_session_text(session, refusal[i].text_id));
		json_array_append_new(refusals, object);
	}
	note = clinic_session_rows(session, CLINIC_NOTES, &count);
	for (uint32_t i = 0; i < count; i++) {
		json_t *object = json_object();

		set_text(object, "text",
			 clinic_session_text(session, note[i].text_id));
		json_object_set_new(object, "is_warning",
				    json_boolean(note[i].is_warning));
		json_array_append_new(notes, object);
	}
	json_object_set_new(root, "refusals", refusals);
	json_object_set_new(root, "notes", notes);
}

static void set_head(const struct clinic_report *report, json_t *root)
{
	const struct clinic_session *session = report->session;
	const struct clinic_about *about =
		clinic_session_about(report->session);

	set_count(root, "schema", 1);
	set_text(root, "command",
		 clinic_session_text(session, about->command_id));
	set_text(root, "host", clinic_session_text(session, about->host_id));
	set_text(root, "tool", clinic_session_text(session, about->tool_id));
	set_count(root, "exit_code", about->exit_code);
	set_count(root, "started_ns", about->started_ns);
	set_count(root, "duration_ns", clinic_session_duration_ns(session));
	set_text(root, "weight", clinic_weight_name(report->weight));
	json_object_set_new(root, "quality", quality(report));
	set_words(report, root);
}

int clinic_report_json(const struct clinic_report *report)
{
	json_t *root = json_object();
	int error;

	if (!root)
		return -ENOMEM;
	set_head(report, root);
	error = set_tallies(report, root);
	if (!error)
		error = set_callers(report, root);
	if (!error)
		error = set_memory(report, root);
	if (!error)
		error = set_off_cpu(report, root);
	if (!error)
		error = set_locks(report, root);
	if (!error) {
		set_metrics(report, root);
		if (json_dumpf(root, stdout,
			       JSON_INDENT(1) | JSON_REAL_PRECISION(12)))
			error = -EIO;
		printf("\n");
	}
	json_decref(root);
	return error;
}
