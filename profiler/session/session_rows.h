/*
 * session/session_rows.h - the fields of a session, for this folder only.
 *
 * The reader and the merger treat all tables alike; all other code uses the
 * typed functions of session.h.
 *
 * Ownership  rows belong to the session, and may move when one is added.
 * Errors     0 or -errno, as in session.h.
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
	uint64_t held_bytes; /* memory of the tables */
};

void *clinic_rows_at(const struct clinic_session *session,
		     enum clinic_table table, uint32_t id);
/* Makes room for one more row; the new row is zero and not yet counted. */
int clinic_rows_reserve(struct clinic_session *session,
			enum clinic_table table);
/* Checks all references of a row whose number is, or will be, `id`. Returns
 * NULL, or the first column whose reference leads nowhere. */
const struct clinic_column *
clinic_rows_bad_column(const struct clinic_session *session,
		       enum clinic_table table, const void *row, uint32_t id);
int clinic_rows_append(struct clinic_session *session, enum clinic_table table,
		       const void *row);
/* Finds the row with this content, and appends it if it is new. */
int clinic_rows_intern(struct clinic_session *session, enum clinic_table table,
		       const void *row, uint32_t *id);
/* Adds a note; if the session already has it, counts a repeat instead. */
int clinic_rows_note(struct clinic_session *session,
		     const struct clinic_note *note);
/* Makes row `id` findable by its content. */
int clinic_rows_index(struct clinic_session *session, enum clinic_table table,
		      uint32_t id);

#endif
