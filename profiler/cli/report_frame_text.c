/* A frame of a report for people: its name, its file and line, its library. */
#include "cli/report_frame_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "foundation/terminal_text.h"
#include "session/row_name.h"
#include "session/session.h"

enum { ROOM_BYTES = 512, FRAMES_SHOWN = 4 };

void clinic_print_place(const struct clinic_report *report, uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(report->session, CLINIC_FRAMES, &count);
	const struct clinic_library *library =
		clinic_session_rows(report->session, CLINIC_LIBRARIES, &count);
	const char *path;

	frame += frame_id;
	path = clinic_session_text(report->session,
				   library[frame->library_id].path_id);
	if (frame->file_id)
		printf("  %s:%" PRIu32,
		       clinic_terminal_text(clinic_session_text(
			       report->session, frame->file_id)),
		       frame->line);
	if (*path)
		printf("  (%s)",
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
	char room[ROOM_BYTES];

	fputs(clinic_terminal_text(clinic_row_name(report->session,
						   CLINIC_BY_FUNCTION, &row,
						   room, sizeof(room))),
	      stdout);
	clinic_print_place(report, row.frame_id);
}

static bool is_of_kernel(const struct clinic_report *report, uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(report->session, CLINIC_FRAMES, &count);
	const struct clinic_library *library =
		clinic_session_rows(report->session, CLINIC_LIBRARIES, &count);

	return !strncmp(clinic_session_text(
				report->session,
				library[frame[frame_id].library_id].path_id),
			"[kernel", strlen("[kernel"));
}

void clinic_print_frames(const struct clinic_report *report, uint32_t stack_id)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);
	const char *before = "";
	char room[ROOM_BYTES];

	for (int shown = 0; stack_id && shown < FRAMES_SHOWN;
	     stack_id = stack[stack_id].parent_id) {
		const struct clinic_tally_row row = {
			.frame_id = stack[stack_id].frame_id};

		if (is_of_kernel(report, row.frame_id))
			continue;
		printf("%s%s", before,
		       clinic_terminal_text(clinic_row_name(
			       report->session, CLINIC_BY_FUNCTION, &row, room,
			       sizeof(room))));
		before = " < ";
		shown++;
	}
	printf("%s\n", *before ? "" : "(not known)");
}
