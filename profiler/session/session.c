/* Makes a session and interns its texts, frames and stacks. */
#include "session/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session_rows.h"

/* Row 0 means "none". It refers to itself, so clinic_rows_append refuses it. */
static int start_table(struct clinic_session *session, enum clinic_table table)
{
	int error = clinic_rows_reserve(session, table);

	if (error)
		return error;
	session->table[table].count = 1;
	return clinic_rows_index(session, table, 0);
}

static int start_tables(struct clinic_session *session)
{
	int error = clinic_string_table_start(&session->texts);

	for (unsigned int i = 0; i < CLINIC_TABLES && !error; i++)
		if (clinic_schema_tables[i].is_interned)
			error = start_table(session, i);
	return error;
}

int clinic_session_new(struct clinic_session **session)
{
	struct clinic_session *fresh = calloc(1, sizeof(*fresh));
	int error;

	if (!fresh)
		return -ENOMEM;
	error = start_tables(fresh);
	if (error) {
		clinic_session_free(fresh);
		return error;
	}
	*session = fresh;
	return 0;
}

void clinic_session_free(struct clinic_session *session)
{
	if (!session)
		return;
	for (unsigned int i = 0; i < CLINIC_TABLES; i++) {
		free(session->table[i].row);
		clinic_row_index_clear(&session->index[i]);
	}
	clinic_string_table_free(&session->texts);
	free(session);
}

struct clinic_session_metadata *
clinic_session_metadata(struct clinic_session *session)
{
	return &session->metadata;
}

struct clinic_quality *clinic_session_quality(struct clinic_session *session)
{
	return &session->quality;
}

const struct clinic_session_metadata *
clinic_session_get_metadata(const struct clinic_session *session)
{
	return &session->metadata;
}

const struct clinic_quality *
clinic_session_get_quality(const struct clinic_session *session)
{
	return &session->quality;
}

uint64_t clinic_session_duration_ns(const struct clinic_session *session)
{
	const struct clinic_session_metadata *metadata = &session->metadata;

	if (metadata->runs_ns)
		return metadata->runs_ns;
	return metadata->ended_ns > metadata->started_ns
		       ? metadata->ended_ns - metadata->started_ns
		       : 0;
}

int clinic_session_text_id(struct clinic_session *session, const char *text,
			   uint32_t *id)
{
	return clinic_session_text_n_id(session, text, strlen(text), id);
}

int clinic_session_text_n_id(struct clinic_session *session, const char *text,
			     size_t length, uint32_t *id)
{
	if (session->held_bytes + session->texts.held_bytes + length >
	    CLINIC_BYTES_MAX)
		return -EFBIG;
	return clinic_string_table_id(&session->texts, text,
				      strnlen(text, length), id);
}

int clinic_session_library_id(struct clinic_session *session, const char *path,
			      const char *build_id, uint32_t *id)
{
	struct clinic_library library = {0};
	int error = clinic_session_text_id(session, path, &library.path_id);

	if (!error && build_id)
		error = clinic_session_text_id(session, build_id,
					       &library.build_id_id);
	if (error)
		return error;
	return clinic_rows_intern(session, CLINIC_LIBRARIES, &library, id);
}

int clinic_session_frame_id(struct clinic_session *session,
			    const struct clinic_frame *frame, uint32_t *id)
{
	return clinic_rows_intern(session, CLINIC_FRAMES, frame, id);
}

int clinic_session_stack_id(struct clinic_session *session, uint32_t parent_id,
			    uint32_t frame_id, uint32_t *id)
{
	const struct clinic_stack stack = {.parent_id = parent_id,
					   .frame_id = frame_id};

	return clinic_rows_intern(session, CLINIC_STACKS, &stack, id);
}

int clinic_session_thread_id(struct clinic_session *session, uint32_t pid,
			     uint32_t tid, const char *name, uint32_t *id)
{
	struct clinic_thread thread = {.pid = pid, .tid = tid};
	int error = clinic_session_text_id(session, name, &thread.name_id);

	if (error)
		return error;
	return clinic_rows_intern(session, CLINIC_THREADS, &thread, id);
}

int clinic_session_stage_id(struct clinic_session *session, const char *name,
			    uint32_t *id)
{
	struct clinic_stage_name stage = {0};
	int error = clinic_session_text_id(session, name, &stage.name_id);

	if (error)
		return error;
	return clinic_rows_intern(session, CLINIC_STAGES, &stage, id);
}

int clinic_session_add(struct clinic_session *session, enum clinic_table table,
		       const void *row)
{
	return clinic_rows_append(session, table, row);
}

int clinic_session_add_refusal(struct clinic_session *session,
			       const char *backend, int errno_number,
			       const char *text)
{
	struct clinic_refusal refusal = {
		.errno_number = (uint32_t)errno_number,
	};
	int error =
		clinic_session_text_id(session, backend, &refusal.backend_id);

	if (!error)
		error = clinic_session_text_id(session, text, &refusal.text_id);
	return error ? error
		     : clinic_session_add(session, CLINIC_REFUSALS, &refusal);
}

int clinic_session_add_note(struct clinic_session *session, int is_warning,
			    const char *text)
{
	struct clinic_note note = {.is_warning = is_warning != 0};
	int error = clinic_session_text_id(session, text, &note.text_id);

	return error ? error : clinic_rows_note(session, &note);
}

int clinic_session_format_note(struct clinic_session *session, int is_warning,
			       const char *format, ...)
{
	char text[CLINIC_NOTE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return clinic_session_add_note(session, is_warning, text);
}

const void *clinic_session_rows(const struct clinic_session *session,
				enum clinic_table table, uint32_t *count)
{
	*count = session->table[table].count;
	return session->table[table].row;
}

const char *clinic_session_text(const struct clinic_session *session,
				uint32_t id)
{
	return id < session->texts.count ? session->texts.row[id].text : "";
}

uint32_t clinic_session_texts_count(const struct clinic_session *session)
{
	return session->texts.count;
}

const char *clinic_session_library_path(const struct clinic_session *session,
					uint32_t library_id)
{
	const struct clinic_library *library =
		session->table[CLINIC_LIBRARIES].row;

	return clinic_session_text(session, library[library_id].path_id);
}
