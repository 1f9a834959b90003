/* Sets fields of a jansson object, and keeps the first failure. */
#include "cli/json_fields.h"

#include "session/row_name.h"
#include "session/session.h"

enum { ROOM_BYTES = 4096 };

void clinic_field_count(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

void clinic_field_text(const struct clinic_report *report, json_t *object,
		       const char *key, uint32_t text_id)
{
	const char *text = clinic_session_text(report->session, text_id);

	json_object_set_new(object, key, json_string(text));
}

void clinic_field_ratio(json_t *object, const char *key, double ratio)
{
	json_object_set_new(object, key,
			    ratio < 0.0 ? json_null() : json_real(ratio));
}

static json_t *row_name(const struct clinic_report *report,
			enum clinic_group group,
			const struct clinic_tally_row *row)
{
	char room[ROOM_BYTES];

	return json_string(clinic_row_name(report->session, group, row, room,
					   sizeof(room)));
}

void clinic_field_name(const struct clinic_report *report, json_t *object,
		       const char *key, enum clinic_group group,
		       const struct clinic_tally_row *row)
{
	json_object_set_new(object, key, row_name(report, group, row));
}

static json_t *function_name(const struct clinic_report *report,
			     uint32_t frame_id)
{
	const struct clinic_tally_row row = {.frame_id = frame_id};

	return row_name(report, CLINIC_BY_FUNCTION, &row);
}

void clinic_field_stack(const struct clinic_report *report, json_t *object,
			const char *key, uint32_t stack_id)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);
	json_t *names = json_array();

	for (; stack_id; stack_id = stack[stack_id].parent_id)
		json_array_insert_new(
			names, 0,
			function_name(report, stack[stack_id].frame_id));
	json_object_set_new(object, key, names);
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
	uint32_t count;
	const struct clinic_library *library =
		clinic_session_rows(report->session, CLINIC_LIBRARIES, &count);

	clinic_field_text(report, object, "library",
			  library[frame->library_id].path_id);
}

void clinic_field_place(const struct clinic_report *report, json_t *object,
			uint32_t frame_id)
{
	const struct clinic_frame *frame = frame_at(report, frame_id);

	clinic_field_text(report, object, "file", frame->file_id);
	clinic_field_count(object, "line", frame->line);
	set_library(report, object, frame);
}

void clinic_field_definition(const struct clinic_report *report, json_t *object,
			     uint32_t frame_id)
{
	const struct clinic_frame *frame = frame_at(report, frame_id);

	clinic_field_text(report, object, "file", frame->defined_file_id);
	clinic_field_count(object, "line", frame->defined_line);
	clinic_field_text(report, object, "hottest_file", frame->file_id);
	clinic_field_count(object, "hottest_line", frame->line);
	set_library(report, object, frame);
}
