/* Writes a session column by column, directly from the rows. */
#include <clinic/version.h>
#include <stdbool.h>
#include <string.h>

#include "foundation/output_file.h"
#include "session/session_json.h"
#include "session/session.h"
#include "session/session_rows.h"

/* A new session has no tool name until it is written. */
static const char this_tool[] = "clinic " CLINIC_VERSION;

static const char *text_of(const struct clinic_session *session,
			   const struct clinic_column *column, uint64_t id)
{
	if (!id && !strcmp(column->name, "tool"))
		return this_tool;
	return clinic_session_text(session, (uint32_t)id);
}

static void write_object(struct clinic_out *out,
			 const struct clinic_session *session,
			 const struct clinic_columns *schema, const void *row)
{
	clinic_out_format(out, ",\n\"%s\":{", schema->name);
	for (uint32_t i = 0; i < schema->columns_count; i++) {
		const struct clinic_column *column = &schema->column[i];
		uint64_t value = clinic_column_get(column, row);

		clinic_out_format(out, "%s\n \"%s\":", i ? "," : "",
				  column->name);
		if (column->kind == CLINIC_COLUMN_TEXT)
			clinic_out_json(out, text_of(session, column, value));
		else
			clinic_out_u64(out, value);
	}
	clinic_out_text(out, "}");
}

static void write_strings(struct clinic_out *out,
			  const struct clinic_session *session)
{
	bool has_all = session->metadata.tool_id != 0;

	clinic_out_text(out, ",\n\"strings\":[");
	for (uint32_t i = 0; i < session->texts.count; i++) {
		clinic_out_text(out, i ? ",\n " : "");
		clinic_out_json(out, session->texts.row[i].text);
		has_all |= !strcmp(session->texts.row[i].text, this_tool);
	}
	/*
	 * Adds the name of this tool, so that a reader has it among its texts,
	 * too, and writes the same file again.
	 */
	if (!has_all) {
		clinic_out_text(out, ",\n ");
		clinic_out_json(out, this_tool);
	}
	clinic_out_text(out, "]");
}

static bool is_all_zero(const struct clinic_session *session,
			enum clinic_table table,
			const struct clinic_column *column)
{
	for (uint32_t i = 0; i < session->table[table].count; i++)
		if (clinic_column_get(column,
				      clinic_rows_at(session, table, i)))
			return false;
	return true;
}

static void write_column(struct clinic_out *out,
			 const struct clinic_session *session,
			 enum clinic_table table,
			 const struct clinic_column *column)
{
	uint64_t before = 0;

	clinic_out_format(out, "\n \"%s\":[", column->name);
	for (uint32_t i = 0; i < session->table[table].count; i++) {
		const void *row = clinic_rows_at(session, table, i);
		uint64_t value = clinic_column_get(column, row);

		if (i)
			clinic_out_bytes(out, ",", 1);
		if (column->kind == CLINIC_COLUMN_DELTA)
			clinic_out_i64(out, (int64_t)(value - before));
		else
			clinic_out_u64(out, value);
		before = value;
	}
	clinic_out_text(out, "]");
}

static void write_table(struct clinic_out *out,
			const struct clinic_session *session,
			enum clinic_table table)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];

	if (!session->table[table].count)
		return;
	clinic_out_format(out, ",\n\"%s\":{", schema->name);
	/* The first column is always written: it says how many rows exist. */
	write_column(out, session, table, &schema->column[0]);
	for (uint32_t i = 1; i < schema->columns_count; i++) {
		const struct clinic_column *column = &schema->column[i];

		if (is_all_zero(session, table, column))
			continue;
		clinic_out_text(out, ",");
		write_column(out, session, table, column);
	}
	clinic_out_text(out, "}");
}

int clinic_session_write(const struct clinic_session *session, const char *path)
{
	struct clinic_out *out;
	int error = clinic_out_open(&out, path);

	if (error)
		return error;
	clinic_out_format(out, "{\"format\":\"clinic-session\",\n\"schema\":%d",
			  CLINIC_SESSION_SCHEMA);
	write_object(out, session, &clinic_schema_metadata, &session->metadata);
	write_object(out, session, &clinic_schema_quality, &session->quality);
	write_strings(out, session);
	for (unsigned int i = 0; i < CLINIC_TABLES; i++)
		write_table(out, session, i);
	clinic_out_text(out, "}\n");
	return clinic_out_close(out);
}
