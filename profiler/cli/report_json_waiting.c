/* Adds times off the CPU and locks to `clinic report --json`. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "cli/json_fields.h"
#include "cli/report.h"
#include "cli/report_json.h"
#include "session/figures.h"
#include "session/waiting.h"
#include "session/session.h"

static void set_waits(json_t *object, const struct clinic_waiting_row *row)
{
	clinic_field_count(object, "blocked_ns", row->blocked_ns);
	clinic_field_count(object, "ready_ns", row->ready_ns);
	clinic_field_count(object, "longest_ns", row->longest_ns);
	clinic_field_count(object, "waits_count", row->waits_count);
	clinic_field_count(object, "approximate_count", row->approximate_count);
}

static void set_waiting(json_t *object, const struct clinic_waiting_row *row,
			uint64_t cpu_ns)
{
	clinic_field_count(object, "watched_ns", row->watched_ns);
	set_waits(object, row);
	clinic_field_count(object, "sampled_cpu_ns", row->sampled_cpu_ns);
	json_object_set_new(
		object, "unexplained_ns",
		json_integer(clinic_waiting_unexplained(row, cpu_ns)));
}

static json_t *waiting_threads(const struct clinic_report *report,
			       const struct clinic_waiting *waiting)
{
	uint32_t shown = clinic_report_rows(report, waiting->threads_count);
	json_t *threads = json_array();

	for (uint32_t i = 0; i < shown; i++) {
		const struct clinic_waiting_row *row = &waiting->thread[i];
		const struct clinic_tally_row tally = {.thread_id = row->id};
		json_t *object = json_object();

		clinic_field_name(report, object, "name", CLINIC_BY_THREAD,
				  &tally);
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

		set_waits(object, row);
		clinic_field_stack(report, object, "stack", row->id);
		json_array_append_new(stacks, object);
	}
	return stacks;
}

/*
 * Null when times off the CPU were not recorded: 0 would mean that no thread
 * waited.
 */
int clinic_report_json_off_cpu(const struct clinic_report *report, json_t *root)
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
	clinic_field_count(object, "accounted_cpu_ns", cpu_ns);
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
	const struct clinic_tally_row row = {.thread_id = lock->thread_id,
					     .stage_id = lock->stage_id};
	json_t *object = json_object();

	clinic_field_text(report, object, "kind", lock->kind_id);
	clinic_field_text(report, object, "name", lock->name_id);
	clinic_field_name(report, object, "thread", CLINIC_BY_THREAD, &row);
	clinic_field_name(report, object, "stage", CLINIC_BY_STAGE, &row);
	clinic_field_count(object, "acquisitions_count",
			   lock->acquisitions_count);
	clinic_field_count(object, "contended_count", lock->contended_count);
	clinic_field_count(object, "wait_ns", lock->wait_ns);
	clinic_field_count(object, "longest_wait_ns", lock->longest_wait_ns);
	clinic_field_count(object, "hold_ns", lock->hold_ns);
	clinic_field_stack(report, object, "stack", lock->stack_id);
	clinic_field_stack(report, object, "owner_stack", lock->owner_stack_id);
	return object;
}

int clinic_report_json_locks(const struct clinic_report *report, json_t *root)
{
	uint32_t count;
	struct clinic_lock *lock = clinic_figure_locks(report->session, &count);
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
