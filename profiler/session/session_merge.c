/* Merging: every row of one session, its references rewritten to another's. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "session/session_rows.h"

/* Where each row of the source went. */
struct mapping {
	uint32_t *text;
	uint32_t *row[CLINIC_TABLES]; /* of interned tables */
};

static void free_mapping(struct mapping *to)
{
	free(to->text);
	for (unsigned int i = 0; i < CLINIC_TABLES; i++)
		free(to->row[i]);
}

static int allocate_mapping(struct mapping *to,
			    const struct clinic_session *from)
{
	to->text = calloc(from->texts.count, sizeof(*to->text));
	if (!to->text)
		return -ENOMEM;
	for (unsigned int i = 0; i < CLINIC_TABLES; i++) {
		if (!clinic_schema_tables[i].is_interned)
			continue;
		to->row[i] = calloc(from->table[i].count, sizeof(**to->row));
		if (!to->row[i])
			return -ENOMEM;
	}
	return 0;
}

static uint64_t moved(const struct mapping *to, unsigned int kind,
		      uint64_t value)
{
	if (kind == CLINIC_COLUMN_TEXT)
		return to->text[value];
	return kind < CLINIC_TABLES ? to->row[kind][value] : value;
}

static void rewrite(const struct clinic_columns *schema,
		    const struct mapping *to, void *row)
{
	for (uint32_t i = 0; i < schema->columns_count; i++) {
		const struct clinic_column *column = &schema->column[i];
		uint64_t value = clinic_column_get(column, row);

		clinic_column_set(column, row, moved(to, column->kind, value));
	}
}

static int merge_texts(struct clinic_session *into,
		       const struct clinic_session *from, struct mapping *to)
{
	for (uint32_t i = 0; i < from->texts.count; i++) {
		const struct clinic_text *text = &from->texts.row[i];
		int error = clinic_session_text_n_id(
			into, text->text, text->length, &to->text[i]);

		if (error)
			return error;
	}
	return 0;
}

union any_row {
	struct clinic_lock largest; /* and aligned for all */
	struct clinic_allocation other;
	unsigned char bytes[96];
};

/* What one machine refuses or warns of is told once, not once a run. */
static bool is_told(const struct clinic_session *into, enum clinic_table table,
		    const void *row)
{
	size_t row_bytes = clinic_schema_tables[table].row_bytes;

	if (table != CLINIC_REFUSALS && table != CLINIC_NOTES)
		return false;
	for (uint32_t i = 0; i < into->table[table].count; i++)
		if (!memcmp(clinic_rows_at(into, table, i), row, row_bytes))
			return true;
	return false;
}

static int merge_table(struct clinic_session *into,
		       const struct clinic_session *from,
		       enum clinic_table table, struct mapping *to)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];
	uint32_t first = schema->is_interned ? 1 : 0; /* "none" stays 0 */
	int error = 0;

	for (uint32_t i = first; i < from->table[table].count && !error; i++) {
		union any_row row;

		_Static_assert(sizeof(row) >= sizeof(struct clinic_allocation),
			       "holds a row of every table");
		memcpy(&row, clinic_rows_at(from, table, i), schema->row_bytes);
		rewrite(schema, to, &row);
		if (is_told(into, table, &row))
			continue;
		error = schema->is_interned
				? clinic_rows_intern(into, table, &row,
						     &to->row[table][i])
				: clinic_rows_append(into, table, &row);
	}
	return error;
}

static void merge_quality(struct clinic_quality *into,
			  const struct clinic_quality *from)
{
	into->lost_count += from->lost_count;
	into->throttled_count += from->throttled_count;
	into->accounted_cpu_ns += from->accounted_cpu_ns;
	into->accounted_kernel_ns += from->accounted_kernel_ns;
	into->collector_cpu_ns += from->collector_cpu_ns;
	if (from->collector_peak_rss_bytes > into->collector_peak_rss_bytes)
		into->collector_peak_rss_bytes = from->collector_peak_rss_bytes;
	into->unmatched_frees_count += from->unmatched_frees_count;
	into->kernel_visible |= from->kernel_visible;
	into->allocations_observed |= from->allocations_observed;
	if (from->peak_bytes > into->peak_bytes) {
		into->peak_bytes = from->peak_bytes;
		into->peak_time_ns = from->peak_time_ns;
	}
}

static void stretch(struct clinic_about *into, const struct clinic_about *from)
{
	if (from->started_ns < into->started_ns)
		into->started_ns = from->started_ns;
	if (from->ended_ns > into->ended_ns)
		into->ended_ns = from->ended_ns;
}

static void merge_about(struct clinic_session *into,
			const struct clinic_session *from, struct mapping *to)
{
	if (into->about.started_ns || into->about.command_id) {
		stretch(&into->about, &from->about);
		return;
	}
	into->about = from->about;
	rewrite(&clinic_schema_about, to, &into->about);
}

int clinic_session_merge(struct clinic_session *into,
			 const struct clinic_session *from)
{
	struct mapping to = {0};
	int error = allocate_mapping(&to, from);

	if (!error)
		error = merge_texts(into, from, &to);
	/* In table order: a row only refers to tables before its own. */
	for (unsigned int i = 0; i < CLINIC_TABLES && !error; i++)
		error = merge_table(into, from, i, &to);
	if (!error) {
		merge_quality(&into->quality, &from->quality);
		merge_about(into, from, &to);
	}
	free_mapping(&to);
	return error;
}
