/* Grows, checks, appends and interns rows of any table. */
#include "session/session_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

static size_t row_bytes(enum clinic_table table)
{
	return clinic_schema_tables[table].row_bytes;
}

void *clinic_rows_at(const struct clinic_session *session,
		     enum clinic_table table, uint32_t id)
{
	return (char *)session->table[table].row + id * row_bytes(table);
}

static int grow(struct clinic_session *session, enum clinic_table table)
{
	struct clinic_rows *rows = &session->table[table];
	uint64_t more =
		(rows->capacity ? rows->capacity : CLINIC_FIRST_CAPACITY) *
		row_bytes(table);
	void *row;

	if (rows->count >= CLINIC_ROWS_MAX ||
	    session->held_bytes + session->texts.held_bytes + more >
		    CLINIC_BYTES_MAX)
		return -EFBIG;
	row = clinic_grow(rows->row, rows->count, &rows->capacity,
			  row_bytes(table));
	if (!row)
		return -ENOMEM;
	session->held_bytes += more;
	rows->row = row;
	return 0;
}

int clinic_rows_reserve(struct clinic_session *session, enum clinic_table table)
{
	struct clinic_rows *rows = &session->table[table];

	if (rows->count == rows->capacity) {
		int error = grow(session, table);

		if (error)
			return error;
	}
	memset(clinic_rows_at(session, table, rows->count), 0,
	       row_bytes(table));
	return 0;
}

static uint64_t rows_referable(const struct clinic_session *session,
			       enum clinic_table table, uint32_t id,
			       unsigned int kind)
{
	switch (kind) {
	case CLINIC_COLUMN_NUMBER:
	case CLINIC_COLUMN_DELTA:
		return UINT64_MAX;
	case CLINIC_COLUMN_TEXT:
		return session->texts.count;
	case CLINIC_COLUMN_TIER:
		return CLINIC_TIERS;
	default:
		/* A row only refers to smaller ones, so there are no cycles. */
		return kind == table && id ? id : session->table[kind].count;
	}
}

const struct clinic_column *
clinic_rows_bad_column(const struct clinic_session *session,
		       enum clinic_table table, const void *row, uint32_t id)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];

	for (uint32_t i = 0; i < schema->columns_count; i++) {
		const struct clinic_column *column = &schema->column[i];
		uint64_t end = rows_referable(session, table, id, column->kind);

		if (end != UINT64_MAX && clinic_column_get(column, row) >= end)
			return column;
	}
	return NULL;
}

int clinic_rows_append(struct clinic_session *session, enum clinic_table table,
		       const void *row)
{
	uint32_t id = session->table[table].count;
	int error;

	if (clinic_rows_bad_column(session, table, row, id))
		return -ERANGE;
	error = clinic_rows_reserve(session, table);
	if (error)
		return error;
	memcpy(clinic_rows_at(session, table, id), row, row_bytes(table));
	session->table[table].count++;
	return 0;
}

int clinic_rows_index(struct clinic_session *session, enum clinic_table table,
		      uint32_t id)
{
	const void *row = clinic_rows_at(session, table, id);

	return clinic_row_index_add(&session->index[table],
				    clinic_row_hash(row, row_bytes(table)), id);
}

static uint32_t find(const struct clinic_session *session,
		     enum clinic_table table, const void *row)
{
	const struct clinic_row_index *index = &session->index[table];
	uint32_t hash = clinic_row_hash(row, row_bytes(table));
	struct clinic_row_cursor at;

	for (uint32_t id = clinic_row_index_first(index, hash, &at);
	     id != CLINIC_NO_ROW; id = clinic_row_index_next(index, &at))
		if (!memcmp(clinic_rows_at(session, table, id), row,
			    row_bytes(table)))
			return id;
	return CLINIC_NO_ROW;
}

int clinic_rows_intern(struct clinic_session *session, enum clinic_table table,
		       const void *row, uint32_t *id)
{
	int error;

	*id = find(session, table, row);
	if (*id != CLINIC_NO_ROW)
		return 0;
	error = clinic_rows_append(session, table, row);
	if (error)
		return error;
	*id = session->table[table].count - 1;
	error = clinic_rows_index(session, table, *id);
	if (error)
		session->table[table].count--;
	return error;
}

int clinic_rows_note(struct clinic_session *session,
		     const struct clinic_note *note)
{
	struct clinic_note *row = session->table[CLINIC_NOTES].row;

	for (uint32_t i = 0; i < session->table[CLINIC_NOTES].count; i++)
		if (row[i].text_id == note->text_id &&
		    row[i].is_warning == note->is_warning) {
			row[i].repeats_count += note->repeats_count + 1;
			return 0;
		}
	return clinic_rows_append(session, CLINIC_NOTES, note);
}
