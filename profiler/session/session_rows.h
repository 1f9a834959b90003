/*
 * session/session_rows.h - the inside of a session, for this room only.
 *
 * The reader and the merger work on tables as such; everyone else uses the
 * typed functions of session.h.
 */
#ifndef CLINIC_SESSION_SESSION_ROWS_H
#define CLINIC_SESSION_SESSION_ROWS_H

#include "foundation/row_index.h"
#include "foundation/string_table.h"
#include "session/schema.h"

struct clinic_rows {
	void *row;
	uint32_t count;
	size_t capacity;
};

struct clinic_session {
	struct clinic_rows table[CLINIC_TABLES];
	struct clinic_row_index index[CLINIC_TABLES]; /* of interned ones */
	struct clinic_string_table texts;
	struct clinic_session_metadata metadata;
	struct clinic_quality quality;
	uint64_t held_bytes; /* by the tables */
};

void *clinic_rows_at(const struct clinic_session *session,
		     enum clinic_table table, uint32_t id);
/* Room for one more row; the new row is zeroed and not yet counted. */
int clinic_rows_reserve(struct clinic_session *session,
			enum clinic_table table);
/* Do all references of a row that stands, or will stand, at `id` lead
 * somewhere? NULL, or the column that does not. */
const struct clinic_column *
clinic_rows_bad_column(const struct clinic_session *session,
		       enum clinic_table table, const void *row, uint32_t id);
int clinic_rows_append(struct clinic_session *session, enum clinic_table table,
		       const void *row);
/* The row of this content, appended if it is new. */
int clinic_rows_intern(struct clinic_session *session, enum clinic_table table,
		       const void *row, uint32_t *id);
/* Adds a note, or counts it at the same one. */
int clinic_rows_note(struct clinic_session *session,
		     const struct clinic_note *note);
/* Makes row `id` findable by its content. */
int clinic_rows_index(struct clinic_session *session, enum clinic_table table,
		      uint32_t id);

#endif
