/* Prints a frame for people: its name, its file and line, its library. */
#include "cli/report_frame_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "foundation/terminal_text.h"
#include "session/own_frame.h"
#include "session/row_name.h"
#include "session/session.h"
#include "session/short_name.h"

enum { ROOM_BYTES = 512, FRAMES_SHOWN = 4 };

void clinic_print_name(FILE *out, const struct clinic_report *report,
		       enum clinic_group group,
		       const struct clinic_tally_row *row)
{
	char room[ROOM_BYTES], short_room[ROOM_BYTES];
	const char *name = clinic_row_name(report->session, group, row, room,
					   sizeof(room));

	if (report->has_short_names && group == CLINIC_BY_FUNCTION)
		name = clinic_short_name(name, short_room, sizeof(short_room));
	fputs(clinic_terminal_text(name), out);
}

void clinic_print_place(FILE *out, const struct clinic_report *report,
			uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(report->session, CLINIC_FRAMES, &count);
	const char *path;

	frame += frame_id;
	path = clinic_session_library_path(report->session, frame->library_id);
	if (frame->file_id)
		fprintf(out, "  %s:%" PRIu32,
			clinic_terminal_text(clinic_session_text(
				report->session, frame->file_id)),
			frame->line);
	if (*path)
		fprintf(out, "  (%s)",
			clinic_terminal_text(strrchr(path, '/')
						     ? strrchr(path, '/') + 1
						     : path));
}

void clinic_print_innermost(const struct clinic_report *report,
			    uint32_t stack_id)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);
	const struct clinic_tally_row row = {.frame_id =
						     stack[stack_id].frame_id};

	clinic_print_name(stdout, report, CLINIC_BY_FUNCTION, &row);
	clinic_print_place(stdout, report, row.frame_id);
}

static bool is_of_kernel(const struct clinic_report *report, uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(report->session, CLINIC_FRAMES, &count);

	return !strncmp(clinic_session_library_path(report->session,
						    frame[frame_id].library_id),
			"[kernel", strlen("[kernel"));
}

static bool is_shown(const struct clinic_report *report, uint32_t frame_id)
{
	return report->has_raw_sites ||
	       clinic_frame_is_own(report->session, frame_id);
}

void clinic_print_frames(const struct clinic_report *report, uint32_t stack_id)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);
	const char *before = "";

	for (int shown = 0; stack_id && shown < FRAMES_SHOWN;
	     stack_id = stack[stack_id].parent_id) {
		const struct clinic_tally_row row = {
			.frame_id = stack[stack_id].frame_id};

		if (is_of_kernel(report, row.frame_id) ||
		    (shown && !is_shown(report, row.frame_id)))
			continue;
		fputs(before, stdout);
		clinic_print_name(stdout, report, CLINIC_BY_FUNCTION, &row);
		before = " < ";
		shown++;
	}
	fputs(*before ? "" : "(not known)", stdout);
}
