/* Reads a session file, and names the field at which it is damaged. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "session/json_pull.h"
#include "session/session_json.h"
#include "session/session.h"
#include "session/session_rows.h"

struct reader {
	struct clinic_json json;
	struct clinic_session *session;
	struct clinic_string_table
		metadata_strings; /* "strings" may come after "about" */
	struct clinic_why *why;
	uint64_t schema;
	uint32_t seen; /* bit per key of the file's top level */
};

/*
 * When a file is cut short, the missing fields are not reported: the cut is
 * the error.
 */
static bool ended_early(const struct reader *r)
{
	return r->json.error == -EBADMSG && r->json.has_ended;
}

__attribute__((format(printf, 3, 4))) static bool
fail(struct reader *r, int error, const char *format, ...)
{
	va_list arguments;

	if (!*r->why->text && !ended_early(r)) {
		va_start(arguments, format);
		vsnprintf(r->why->text, sizeof(r->why->text), format,
			  arguments);
		va_end(arguments);
	}
	return clinic_json_fail(&r->json, error);
}

static bool read_number(struct reader *r, const struct clinic_column *column,
			uint64_t *value)
{
	bool negative;

	if (!clinic_json_integer(&r->json, &negative, value))
		return false;
	if (negative && column->kind != CLINIC_COLUMN_DELTA)
		return clinic_json_fail(&r->json, -EBADMSG);
	if (negative)
		*value = 0 - *value;
	return true;
}

static bool read_value(struct reader *r, const struct clinic_columns *schema,
		       const struct clinic_column *column, void *row,
		       uint64_t *before)
{
	uint64_t value;

	if (!read_number(r, column, &value))
		return fail(r, -EBADMSG,
			    "%s.%s holds something else than "
			    "numbers",
			    schema->name, column->name);
	if (column->kind == CLINIC_COLUMN_DELTA)
		value += *before;
	*before = value;
	if (value > clinic_column_max(column))
		return fail(r, -EBADMSG,
			    "%s.%s holds %" PRIu64 ", which is too large",
			    schema->name, column->name, value);
	clinic_column_set(column, row, value);
	return true;
}

static bool add_row(struct reader *r, enum clinic_table table)
{
	int error = clinic_rows_reserve(r->session, table);

	if (error)
		return fail(r, error, "%s has too many rows",
			    clinic_schema_tables[table].name);
	r->session->table[table].count++;
	return true;
}

static bool unlike_length(struct reader *r, enum clinic_table table,
			  const struct clinic_column *column)
{
	return fail(r, -EBADMSG,
		    "%s.%s is not as long as the columns before it",
		    clinic_schema_tables[table].name, column->name);
}

/* The first column says how many rows there are; the others must match it. */
static bool read_column(struct reader *r, enum clinic_table table,
			const struct clinic_column *column, bool makes_rows)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];
	const struct clinic_rows *rows = &r->session->table[table];
	uint64_t before = 0;
	uint32_t i = 0;

	if (!clinic_json_expect(&r->json, '['))
		return false;
	for (bool first = true; clinic_json_next(&r->json, ']', &first); i++) {
		if (makes_rows && !add_row(r, table))
			return false;
		if (i >= rows->count)
			return unlike_length(r, table, column);
		if (!read_value(r, schema, column,
				clinic_rows_at(r->session, table, i), &before))
			return false;
	}
	if (!r->json.error && i != rows->count)
		return unlike_length(r, table, column);
	return !r->json.error;
}

static const struct clinic_column *find_column(const struct clinic_columns *in,
					       const char *name, uint32_t *at)
{
	for (*at = 0; *at < in->columns_count; ++*at)
		if (!strcmp(in->column[*at].name, name))
			return &in->column[*at];
	return NULL;
}

/* Reads the key of a member, which must be a column that did not occur yet. */
static const struct clinic_column *
read_key(struct reader *r, const struct clinic_columns *schema, uint32_t *seen)
{
	const struct clinic_column *column;
	uint32_t at;

	if (!clinic_json_string(&r->json))
		return NULL;
	column = find_column(schema, r->json.text, &at);
	if (!column || *seen >> at & 1) {
		fail(r, -EBADMSG, "%s has %s \"%.40s\"", schema->name,
		     column ? "two columns" : "an unknown column",
		     r->json.text);
		return NULL;
	}
	*seen |= 1u << at;
	return clinic_json_expect(&r->json, ':') ? column : NULL;
}

static bool read_table(struct reader *r, enum clinic_table table)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];
	uint32_t seen = 0;

	if (!clinic_json_expect(&r->json, '{'))
		return false;
	r->session->table[table].count = 0;
	for (bool first = true; clinic_json_next(&r->json, '}', &first);) {
		bool makes_rows = !seen;
		const struct clinic_column *column = read_key(r, schema, &seen);

		if (!column || !read_column(r, table, column, makes_rows))
			return false;
	}
	return !r->json.error;
}

static bool read_member(struct reader *r, const struct clinic_columns *schema,
			const struct clinic_column *column, void *row)
{
	uint64_t before = 0;
	uint32_t id;
	int error;

	if (column->kind != CLINIC_COLUMN_TEXT)
		return read_value(r, schema, column, row, &before);
	if (!clinic_json_string(&r->json))
		return fail(r, -EBADMSG, "%s.%s is not a string", schema->name,
			    column->name);
	error = clinic_string_table_id(&r->metadata_strings, r->json.text,
				       r->json.text_length, &id);
	clinic_column_set(column, row, id);
	return !error || clinic_json_fail(&r->json, error);
}

static bool read_object(struct reader *r, const struct clinic_columns *schema,
			void *row)
{
	uint32_t seen = 0;

	if (!clinic_json_expect(&r->json, '{'))
		return false;
	for (bool first = true; clinic_json_next(&r->json, '}', &first);) {
		const struct clinic_column *column = read_key(r, schema, &seen);

		if (!column || !read_member(r, schema, column, row))
			return false;
	}
	return !r->json.error;
}

static bool add_text(struct reader *r, uint32_t position)
{
	struct clinic_string_table *texts = &r->session->texts;
	uint32_t id;
	int error;

	if (!position && r->json.text_length)
		return fail(r, -EBADMSG, "strings does not begin with \"\"");
	if (!position)
		return true;
	if (texts->held_bytes + r->session->held_bytes > CLINIC_BYTES_MAX)
		return fail(r, -EFBIG, "strings are too many");
	error = clinic_string_table_append(texts, r->json.text,
					   r->json.text_length, &id);
	return !error || fail(r, error, "strings are too many");
}

static bool read_strings(struct reader *r)
{
	uint32_t position = 0;

	if (!clinic_json_expect(&r->json, '['))
		return false;
	for (bool first = true; clinic_json_next(&r->json, ']', &first);)
		if (!clinic_json_string(&r->json) || !add_text(r, position++))
			return fail(r, -EBADMSG,
				    "strings holds something else");
	return !r->json.error;
}

static bool read_format(struct reader *r)
{
	if (!clinic_json_string(&r->json) ||
	    strcmp(r->json.text, "clinic-session") != 0)
		return fail(r, -EBADMSG, "its \"format\" is another");
	return true;
}

static bool read_schema(struct reader *r)
{
	bool negative;

	if (!clinic_json_integer(&r->json, &negative, &r->schema) || negative ||
	    !r->schema)
		return fail(r, -EBADMSG, "its \"schema\" is no version");
	if (r->schema > CLINIC_SESSION_SCHEMA)
		return fail(r, -EPROTO,
			    "its schema is %" PRIu64
			    " and this clinic knows up to %d",
			    r->schema, CLINIC_SESSION_SCHEMA);
	return true;
}

enum {
	KEY_FORMAT = CLINIC_TABLES,
	KEY_SCHEMA,
	KEY_ABOUT,
	KEY_QUALITY,
	KEY_STRINGS,
	KEYS
};

static unsigned int find_key(const char *name)
{
	static const char *const others[] = {
		[KEY_FORMAT] = "format",   [KEY_SCHEMA] = "schema",
		[KEY_ABOUT] = "about",     [KEY_QUALITY] = "quality",
		[KEY_STRINGS] = "strings",
	};
	unsigned int key = 0;

	while (key < KEYS &&
	       strcmp(name, key < CLINIC_TABLES ? clinic_schema_tables[key].name
						: others[key]) != 0)
		key++;
	return key;
}

static bool read_part(struct reader *r, unsigned int key)
{
	switch (key) {
	case KEY_FORMAT:
		return read_format(r);
	case KEY_SCHEMA:
		return read_schema(r);
	case KEY_ABOUT:
		return read_object(r, &clinic_schema_metadata,
				   &r->session->metadata);
	case KEY_QUALITY:
		return read_object(r, &clinic_schema_quality,
				   &r->session->quality);
	case KEY_STRINGS:
		return read_strings(r);
	default:
		return read_table(r, key);
	}
}

static bool read_parts(struct reader *r)
{
	if (!clinic_json_expect(&r->json, '{'))
		return fail(r, -EBADMSG,
			    "it begins with another thing than '{'");
	for (bool first = true; clinic_json_next(&r->json, '}', &first);) {
		unsigned int key;

		if (!clinic_json_string(&r->json))
			return false;
		key = find_key(r->json.text);
		if (key == KEYS)
			return fail(r, -EBADMSG,
				    "it has an unknown part "
				    "\"%.40s\"",
				    r->json.text);
		if (r->seen >> key & 1)
			return fail(r, -EBADMSG, "it has two parts \"%.40s\"",
				    r->json.text);
		r->seen |= 1u << key;
		if (!clinic_json_expect(&r->json, ':') || !read_part(r, key))
			return false;
	}
	return !r->json.error && clinic_json_end(&r->json);
}

static bool check_none_row(struct reader *r, enum clinic_table table)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];

	if (!r->session->table[table].count)
		return fail(r, -EBADMSG, "%s has no row 0", schema->name);
	for (uint32_t i = 0; i < schema->columns_count; i++)
		if (clinic_column_get(&schema->column[i],
				      r->session->table[table].row))
			return fail(r, -EBADMSG,
				    "%s has a row 0 that is not "
				    "\"none\"",
				    schema->name);
	return true;
}

static bool check_table(struct reader *r, enum clinic_table table)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];

	if (schema->is_interned && !check_none_row(r, table))
		return false;
	for (uint32_t i = 0; i < r->session->table[table].count; i++) {
		const struct clinic_column *bad = clinic_rows_bad_column(
			r->session, table, clinic_rows_at(r->session, table, i),
			i);

		if (bad)
			return fail(r, -EBADMSG,
				    "%s.%s, row %" PRIu32
				    ", refers to a row that is not there",
				    schema->name, bad->name, i);
	}
	return true;
}

/* Rows can be added to a session that was read, as to any other. */
static bool index_table(struct reader *r, enum clinic_table table)
{
	clinic_row_index_clear(&r->session->index[table]);
	for (uint32_t i = 0; i < r->session->table[table].count; i++) {
		int error = clinic_rows_index(r->session, table, i);

		if (error)
			return clinic_json_fail(&r->json, error);
	}
	return true;
}

static bool settle_metadata(struct reader *r)
{
	for (uint32_t i = 0; i < clinic_schema_metadata.columns_count; i++) {
		const struct clinic_column *column =
			&clinic_schema_metadata.column[i];
		struct clinic_session_metadata *metadata =
			&r->session->metadata;
		uint64_t scratch = clinic_column_get(column, metadata);
		uint32_t id;
		int error;

		if (column->kind != CLINIC_COLUMN_TEXT)
			continue;
		error = clinic_session_text_id(
			r->session, r->metadata_strings.row[scratch].text, &id);
		if (error)
			return clinic_json_fail(&r->json, error);
		clinic_column_set(column, metadata, id);
	}
	return true;
}

static bool settle(struct reader *r)
{
	if (!(r->seen >> KEY_FORMAT & 1) || !(r->seen >> KEY_SCHEMA & 1))
		return fail(r, -EBADMSG,
			    "it has no \"format\" or no "
			    "\"schema\"");
	for (unsigned int i = 0; i < CLINIC_TABLES; i++)
		if (!check_table(r, i))
			return false;
	for (unsigned int i = 0; i < CLINIC_TABLES; i++)
		if (clinic_schema_tables[i].is_interned && !index_table(r, i))
			return false;
	return settle_metadata(r);
}

static void name_the_place(struct reader *r)
{
	uint64_t offset = clinic_json_offset(&r->json);

	if (r->json.error != -EBADMSG || *r->why->text)
		return;
	if (ended_early(r) && !offset)
		snprintf(r->why->text, sizeof(r->why->text), "it is empty");
	else
		snprintf(r->why->text, sizeof(r->why->text),
			 ended_early(r)
				 ? "it is cut short: it ends at byte %" PRIu64
				 : "it is damaged at byte %" PRIu64,
			 offset);
}

static int read_all(struct reader *r)
{
	int error = clinic_string_table_start(&r->metadata_strings);

	*r->why->text = '\0';
	if (!error && !(read_parts(r) && settle(r)))
		error = r->json.error;
	if (error)
		name_the_place(r);
	clinic_string_table_free(&r->metadata_strings);
	clinic_json_close(&r->json);
	return error;
}

int clinic_session_read(const char *path, struct clinic_session *session,
			struct clinic_why *why)
{
	struct clinic_why unwanted;
	struct reader r = {.session = session, .why = why ? why : &unwanted};
	int error = clinic_json_open(&r.json, path);

	return error ? error : read_all(&r);
}

int clinic_session_parse(const char *text, size_t length,
			 struct clinic_session **session,
			 struct clinic_why *why)
{
	struct clinic_why unwanted;
	struct reader r = {.why = why ? why : &unwanted};
	int error = clinic_session_new(&r.session);

	if (error)
		return error;
	clinic_json_memory(&r.json, text, length);
	error = read_all(&r);
	if (error)
		clinic_session_free(r.session);
	else
		*session = r.session;
	return error;
}
