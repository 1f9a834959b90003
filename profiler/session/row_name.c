/* Makes the name of a row of a tally. */
#include "session/row_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/session.h"

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static const char *frame_name(const struct clinic_session *session,
			      enum clinic_group group,
			      const struct clinic_frame *frame, char *room,
			      size_t room_bytes)
{
	const char *file = clinic_session_text(session, frame->file_id);
	const char *library =
		clinic_session_library_path(session, frame->library_id);

	if (group == CLINIC_BY_FUNCTION && frame->function_id)
		return clinic_session_text(session, frame->function_id);
	if (group == CLINIC_BY_LINE && *file)
		snprintf(room, room_bytes, "%s:%" PRIu32, file, frame->line);
	else if (group == CLINIC_BY_LINE && frame->function_id)
		return clinic_session_text(session, frame->function_id);
	else if (group == CLINIC_BY_FILE && *file)
		return file;
	else if (group == CLINIC_BY_LIBRARY && *library)
		return library;
	else
		snprintf(room, room_bytes, *library == '[' ? "%s" : "[%s]",
			 *library ? basename_of(library) : "unknown");
	return room;
}

static const char *thread_name(const struct clinic_session *session,
			       uint32_t id, char *room, size_t room_bytes)
{
	uint32_t count;
	const struct clinic_thread *thread =
		clinic_session_rows(session, CLINIC_THREADS, &count);

	snprintf(room, room_bytes, "%s %" PRIu32 "/%" PRIu32,
		 clinic_session_text(session, thread[id].name_id),
		 thread[id].pid, thread[id].tid);
	return room;
}

const char *clinic_row_name(const struct clinic_session *session,
			    enum clinic_group group,
			    const struct clinic_tally_row *row, char *room,
			    size_t room_bytes)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &count);
	const struct clinic_stage_name *stage =
		clinic_session_rows(session, CLINIC_STAGES, &count);

	if (group == CLINIC_BY_THREAD)
		return thread_name(session, row->thread_id, room, room_bytes);
	if (group != CLINIC_BY_STAGE)
		return frame_name(session, group, &frame[row->frame_id], room,
				  room_bytes);
	if (!row->stage_id)
		return "(no stage)";
	return clinic_session_text(session, stage[row->stage_id].name_id);
}
