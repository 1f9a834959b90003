/* Removes rows that nothing refers to any more, in a recording of days. */
#include <errno.h>
#include <stdlib.h>

#include "session/session.h"
#include "session/session_rows.h"

/* Builds the index of a table anew; row 0, "none", is part of it. */
static int index_table(struct clinic_session *session, enum clinic_table table)
{
	int err = 0;

	clinic_row_index_clear(&session->index[table]);
	for (uint32_t id = 0; !err && id < session->table[table].count; id++)
		err = clinic_rows_index(session, table, id);
	return err;
}

static int forget_table(struct clinic_session *session, enum clinic_table table)
{
	session->table[table].count = 1;
	return index_table(session, table);
}

int clinic_session_forget_stacks(struct clinic_session *session)
{
	int err = forget_table(session, CLINIC_STACKS);

	return err ? err : forget_table(session, CLINIC_FRAMES);
}

/* kept[id] becomes the new number; for a forgotten thread, that of `into`. */
static void renumber_threads(struct clinic_session *session, uint32_t *kept,
			     uint32_t into)
{
	struct clinic_rows *rows = &session->table[CLINIC_THREADS];
	struct clinic_thread *thread = rows->row;
	uint32_t count = rows->count;

	rows->count = 1;
	for (uint32_t id = 1; id < count; id++)
		if (kept[id]) {
			thread[rows->count] = thread[id];
			kept[id] = rows->count++;
		}
	kept[0] = 0;
	for (uint32_t id = 1; id < count; id++)
		if (!kept[id])
			kept[id] = kept[into];
}

/* Leaves one row per thread. That is never more than before: there is room. */
static int sum_lifetimes(struct clinic_session *session, const uint32_t *kept)
{
	struct clinic_rows *rows = &session->table[CLINIC_LIFETIMES];
	const struct clinic_lifetime *life = rows->row;
	uint32_t threads_count = session->table[CLINIC_THREADS].count;
	uint64_t *watched_ns = calloc(threads_count, sizeof(*watched_ns));
	int err = 0;

	if (!watched_ns)
		return -ENOMEM;
	for (uint32_t i = 0; i < rows->count; i++)
		watched_ns[kept[life[i].thread_id]] += life[i].watched_ns;
	rows->count = 0;
	for (uint32_t id = 0; !err && id < threads_count; id++) {
		struct clinic_lifetime sum = {.watched_ns = watched_ns[id],
					      .thread_id = id};

		if (watched_ns[id])
			err = clinic_session_add(session, CLINIC_LIFETIMES,
						 &sum);
	}
	free(watched_ns);
	return err;
}

int clinic_session_forget_threads(struct clinic_session *session,
				  uint32_t *kept, uint32_t into)
{
	int err;

	renumber_threads(session, kept, into);
	err = index_table(session, CLINIC_THREADS);
	return err ? err : sum_lifetimes(session, kept);
}

typedef void on_text(const struct clinic_column *column, void *row,
		     uint32_t *kept);

static void each_text_of(const struct clinic_columns *schema, void *rows,
			 uint32_t count, on_text *call, uint32_t *kept)
{
	for (uint32_t i = 0; i < schema->columns_count; i++)
		for (uint32_t row = 0; row < count; row++)
			if (schema->column[i].kind == CLINIC_COLUMN_TEXT)
				call(&schema->column[i],
				     (char *)rows + row * schema->row_bytes,
				     kept);
}

static void each_text(struct clinic_session *session, on_text *call,
		      uint32_t *kept)
{
	for (unsigned int table = 0; table < CLINIC_TABLES; table++)
		each_text_of(&clinic_schema_tables[table],
			     session->table[table].row,
			     session->table[table].count, call, kept);
	each_text_of(&clinic_schema_metadata, &session->metadata, 1, call,
		     kept);
}

static void keep_text(const struct clinic_column *column, void *row,
		      uint32_t *kept)
{
	kept[clinic_column_get(column, row)] = 1;
}

static void renumber_text(const struct clinic_column *column, void *row,
			  uint32_t *kept)
{
	clinic_column_set(column, row, kept[clinic_column_get(column, row)]);
}

/* A new table already has "". */
static int copy_kept(const struct clinic_string_table *from,
		     struct clinic_string_table *into, const uint32_t *kept)
{
	int err = 0;

	for (uint32_t id = 1; !err && id < from->count; id++) {
		uint32_t unused;

		if (kept[id])
			err = clinic_string_table_append(
				into, from->row[id].text, from->row[id].length,
				&unused);
	}
	return err;
}

static int index_tables(struct clinic_session *session)
{
	int err = 0;

	for (unsigned int table = 0; !err && table < CLINIC_TABLES; table++)
		if (clinic_schema_tables[table].is_interned)
			err = index_table(session, table);
	return err;
}

int clinic_session_forget_texts(struct clinic_session *session, uint32_t *kept)
{
	struct clinic_string_table fresh = {0};
	uint32_t next = 1;
	int err = clinic_string_table_start(&fresh);

	each_text(session, keep_text, kept);
	if (!err)
		err = copy_kept(&session->texts, &fresh, kept);
	if (err) {
		clinic_string_table_free(&fresh);
		return err;
	}
	kept[0] = 0;
	for (uint32_t id = 1; id < session->texts.count; id++)
		if (kept[id])
			kept[id] = next++;
	each_text(session, renumber_text, kept);
	clinic_string_table_free(&session->texts);
	session->texts = fresh;
	return index_tables(session);
}
