/* Copies all rows of a session into another, and renumbers their references. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"
#include "session/session_rows.h"

/* The longest list of the runs' commands; "..." stands for the rest. */
#define JOINED_BYTES_MAX 1000

/* The new number of each row of the source. */
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
	struct clinic_lock largest; /* its alignment suits all rows */
	struct clinic_allocation other;
	unsigned char bytes[96];
};

/* A refusal of one machine is listed once, not once a run. */
static bool is_listed_refusal(const struct clinic_session *into,
			      enum clinic_table table, const void *row)
{
	size_t row_bytes = clinic_schema_tables[table].row_bytes;

	if (table != CLINIC_REFUSALS)
		return false;
	for (uint32_t i = 0; i < into->table[table].count; i++)
		if (!memcmp(clinic_rows_at(into, table, i), row, row_bytes))
			return true;
	return false;
}

static int merge_row(struct clinic_session *into, enum clinic_table table,
		     const void *row, uint32_t *interned_id)
{
	if (is_listed_refusal(into, table, row))
		return 0;
	if (table == CLINIC_NOTES)
		return clinic_rows_note(into, row);
	return interned_id ? clinic_rows_intern(into, table, row, interned_id)
			   : clinic_rows_append(into, table, row);
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
		error = merge_row(into, table, &row,
				  schema->is_interned ? &to->row[table][i]
						      : NULL);
	}
	return error;
}

static bool is_sampled(const struct clinic_session *session)
{
	return session->metadata.frequency_hz ||
	       session->table[CLINIC_SAMPLES].count;
}

/*
 * Reports compare the accounted CPU time with the samples. A run that took no
 * samples, because it counted allocations, must not add its CPU time: it would
 * look as if samples were missing.
 */
static void merge_accounts(struct clinic_quality *into, bool into_is_sampled,
			   const struct clinic_quality *from,
			   bool from_is_sampled)
{
	bool is_known = into->accounted_cpu_ns && from->accounted_cpu_ns;
	bool replaces = from_is_sampled && !into_is_sampled;

	if (into_is_sampled && !from_is_sampled)
		return;
	if (replaces) {
		into->accounted_cpu_ns = into->accounted_kernel_ns = 0;
		into->collector_cpu_ns = 0;
		into->kernel_visible = from->kernel_visible;
	}
	into->accounted_cpu_ns += from->accounted_cpu_ns;
	into->accounted_kernel_ns += from->accounted_kernel_ns;
	into->collector_cpu_ns += from->collector_cpu_ns;
	into->kernel_visible &= from->kernel_visible;
	if (into_is_sampled && !is_known)
		into->accounted_cpu_ns = into->accounted_kernel_ns = 0;
}

/* Runs follow one another, so peaks do not add up: the highest is kept. */
static void merge_quality(struct clinic_quality *into,
			  const struct clinic_quality *from)
{
	into->lost_count += from->lost_count;
	into->throttled_count += from->throttled_count;
	if (from->collector_peak_rss_bytes > into->collector_peak_rss_bytes)
		into->collector_peak_rss_bytes = from->collector_peak_rss_bytes;
	into->unmatched_frees_count += from->unmatched_frees_count;
	into->allocations_observed |= from->allocations_observed;
	into->lost_allocations_count += from->lost_allocations_count;
	into->lost_locks_count += from->lost_locks_count;
	if (from->peak_bytes > into->peak_bytes) {
		into->peak_bytes = from->peak_bytes;
		into->peak_margin_bytes = from->peak_margin_bytes;
		into->peak_time_ns = from->peak_time_ns;
	}
}

static uint32_t runs_of(const struct clinic_session_metadata *metadata)
{
	return metadata->runs_count ? metadata->runs_count : 1;
}

/* Is the session empty? Then merging turns it into a copy of the other one. */
static bool is_blank(const struct clinic_session *session)
{
	static const struct clinic_session_metadata blank;

	return !memcmp(&session->metadata, &blank, sizeof(blank)) &&
	       !session->table[CLINIC_SAMPLES].count &&
	       !session->table[CLINIC_ALLOCATIONS].count;
}

/* The times of the runs add up; pauses between the runs are not counted. */
static void merge_runs(struct clinic_session *into,
		       const struct clinic_session *from, bool was_blank)
{
	struct clinic_session_metadata *metadata = &into->metadata;
	const struct clinic_session_metadata *more = &from->metadata;

	if (was_blank) {
		metadata->runs_count = more->runs_count;
		metadata->runs_ns = more->runs_ns;
	} else {
		metadata->runs_ns = clinic_session_duration_ns(into) +
				    clinic_session_duration_ns(from);
		metadata->runs_count = runs_of(metadata) + runs_of(more);
	}
	metadata->exit_unknown |= more->exit_unknown;
	if (!metadata->exit_code)
		metadata->exit_code = more->exit_code;
}

static void stretch(struct clinic_session_metadata *into,
		    const struct clinic_session_metadata *from)
{
	if (!into->ended_ns || from->started_ns < into->started_ns) {
		into->started_ns = from->started_ns;
		into->started_realtime_ns = from->started_realtime_ns;
	}
	if (from->ended_ns > into->ended_ns)
		into->ended_ns = from->ended_ns;
}

/* Is it one of those in the list, "one; two; three"? */
static bool is_listed(const char *list, const char *text)
{
	size_t length = strlen(text);

	for (const char *at = list; (at = strstr(at, text)); at++)
		if ((at == list || !strncmp(at - 2, "; ", 2)) &&
		    (!at[length] || !strncmp(at + length, "; ", 2)))
			return true;
	return false;
}

/* Appends the text of `from` to the list of `into`, unless that contains it. */
static int join(struct clinic_session *into, uint32_t *into_id,
		const struct clinic_session *from, uint32_t from_id)
{
	const char *list = clinic_session_text(into, *into_id);
	const char *text = clinic_session_text(from, from_id);
	char *longer;
	int error;

	if (!*list)
		return clinic_session_text_id(into, text, into_id);
	if (strlen(list) + strlen(text) > JOINED_BYTES_MAX)
		text = "...";
	if (!*text || is_listed(list, text))
		return 0;
	if (asprintf(&longer, "%s; %s", list, text) < 0)
		return -ENOMEM;
	error = clinic_session_text_id(into, longer, into_id);
	free(longer);
	return error;
}

static int warn_of_hosts(struct clinic_session *into,
			 const struct clinic_session *from)
{
	const char *here = clinic_session_text(into, into->metadata.host_id);
	const char *there = clinic_session_text(from, from->metadata.host_id);

	if (!*here || !*there || is_listed(here, there) || strstr(here, "; "))
		return 0;
	return clinic_session_add_note(
		into, 1,
		"runs of different machines were merged: neither their speeds "
		"nor their clocks have anything in common");
}

static int merge_metadata(struct clinic_session *into,
			  const struct clinic_session *from,
			  bool into_is_sampled, bool was_blank)
{
	struct clinic_session_metadata *metadata = &into->metadata;
	const struct clinic_session_metadata *more = &from->metadata;
	int error = warn_of_hosts(into, from);

	if (!error)
		error = join(into, &metadata->command_id, from,
			     more->command_id);
	if (!error)
		error = join(into, &metadata->host_id, from, more->host_id);
	if (!error)
		error = join(into, &metadata->tool_id, from, more->tool_id);
	if (!error)
		error = join(into, &metadata->backend_id, from,
			     more->backend_id);
	if (!error)
		error = join(into, &metadata->event_id, from, more->event_id);
	if (!into_is_sampled)
		metadata->frequency_hz = more->frequency_hz;
	else if (is_sampled(from) &&
		 more->frequency_hz != metadata->frequency_hz)
		metadata->frequency_hz = 0;
	merge_runs(into, from, was_blank);
	stretch(metadata, more);
	return error;
}

int clinic_session_merge(struct clinic_session *into,
			 const struct clinic_session *from)
{
	bool into_is_sampled = is_sampled(into);
	bool was_blank = is_blank(into);
	struct mapping to = {0};
	int error = allocate_mapping(&to, from);

	if (!error)
		error = merge_texts(into, from, &to);
	/* A row only refers to tables before its own, hence this order. */
	for (unsigned int i = 0; i < CLINIC_TABLES && !error; i++)
		error = merge_table(into, from, i, &to);
	if (!error)
		error = merge_metadata(into, from, into_is_sampled, was_blank);
	if (!error) {
		merge_accounts(&into->quality, into_is_sampled, &from->quality,
			       is_sampled(from));
		merge_quality(&into->quality, &from->quality);
	}
	free_mapping(&to);
	return error;
}
