/* Adds allocations by stage and call site to `clinic report --json`. */
#include <jansson.h>

#include "cli/json_fields.h"
#include "cli/report.h"
#include "cli/report_json.h"
#include "session/memory_sums.h"
#include "session/session.h"

static void set_allocation(json_t *object, const struct clinic_allocation *row)
{
	clinic_field_count(object, "allocations_count", row->allocations_count);
	clinic_field_count(object, "frees_count", row->frees_count);
	clinic_field_count(object, "bytes", row->bytes);
	clinic_field_count(object, "leaked_count", row->leaked_count);
	clinic_field_count(object, "leaked_bytes", row->leaked_bytes);
	clinic_field_count(object, "temporary_count", row->temporary_count);
	clinic_field_count(object, "lifetime_ns", row->lifetime_ns);
}

/*
 * If the row is the sum of several stacks, these keys describe the stack that
 * is shown.
 */
static void set_stacks(json_t *object, const struct clinic_memory_site *site)
{
	const struct clinic_allocation *heaviest = &site->stack[0].sum;

	if (site->stacks_count < 2)
		return;
	clinic_field_count(object, "stacks_count", site->stacks_count);
	clinic_field_count(object, "stack_allocations_count",
			   heaviest->allocations_count);
	clinic_field_count(object, "stack_bytes", heaviest->bytes);
}

static json_t *call_site(const struct clinic_report *report,
			 const struct clinic_memory_site *site)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);
	const struct clinic_tally_row row = {
		.frame_id = stack[site->sum.stack_id].frame_id};
	json_t *object = json_object();

	clinic_field_name(report, object, "name", CLINIC_BY_FUNCTION, &row);
	clinic_field_place(report, object, row.frame_id);
	set_allocation(object, &site->sum);
	clinic_field_count(object, "peak_bytes", site->sum.peak_bytes);
	clinic_field_stack(report, object, "stack", site->sum.stack_id);
	set_stacks(object, site);
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
		clinic_field_name(report, object, "name", CLINIC_BY_STAGE,
				  &row);
		set_allocation(object, &memory->stage[i]);
		clinic_field_count(object, "peak_bytes",
				   memory->stage[i].peak_bytes);
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

		clinic_field_name(report, object, "stage", CLINIC_BY_STAGE,
				  &row);
		clinic_field_count(object, "up_to_bytes", size[i].up_to_bytes);
		clinic_field_count(object, "allocations_count",
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
	clinic_field_count(object, "peak_bytes", quality->peak_bytes);
	clinic_field_count(object, "peak_margin_bytes",
			   quality->peak_margin_bytes);
	clinic_field_count(object, "peak_time_ns", quality->peak_time_ns);
	clinic_field_count(object, "lost_count",
			   quality->lost_allocations_count);
	clinic_field_count(object, "unmatched_frees_count",
			   quality->unmatched_frees_count);
	json_object_set_new(object, "stages",
			    stage_allocations(report, memory));
	json_object_set_new(object, "sizes", allocation_sizes(report));
	return object;
}

int clinic_report_json_memory(const struct clinic_report *report, json_t *root)
{
	struct clinic_memory memory;
	int error;

	if (!clinic_memory_is_observed(report->session)) {
		json_object_set_new(root, "allocations", json_null());
		json_object_set_new(root, "call_sites", json_null());
		return 0;
	}
	error = clinic_memory_sum(report->session, true, &memory);
	if (!error) {
		json_object_set_new(root, "allocations",
				    allocations(report, &memory));
		json_object_set_new(root, "call_sites",
				    call_sites(report, &memory));
	}
	clinic_memory_free(&memory);
	return error;
}
