/* Adds up changes that have the same stack, stage and thread. */
#include "session/change_sums.h"

#include <stdbool.h>
#include <string.h>

#include "session/session_rows.h"

/* Which columns of a table identify a row; the others are added up. */
struct summing {
	enum clinic_table from, into;
	uint32_t keys_count; /* the columns right after the time */
};

static const struct clinic_column *column_named(enum clinic_table table,
						const char *name)
{
	const struct clinic_columns *schema = &clinic_schema_tables[table];

	for (uint32_t i = 0; i < schema->columns_count; i++)
		if (!strcmp(schema->column[i].name, name))
			return &schema->column[i];
	return NULL;
}

/* The column of a row of sums into which column i of a change is added. */
static const struct clinic_column *target_of(const struct summing *summing,
					     uint32_t i)
{
	const struct clinic_column *from =
		&clinic_schema_tables[summing->from].column[i];

	return column_named(summing->into, from->name);
}

union sum_row {
	struct clinic_allocation allocation;
	struct clinic_lock lock;
};

/* Makes a row with the keys of the change; all other columns are zero. */
static void make_row(const struct summing *summing, const void *change,
		     union sum_row *row)
{
	memset(row, 0, sizeof(*row));
	for (uint32_t i = 1; i <= summing->keys_count; i++)
		clinic_column_set(
			target_of(summing, i), row,
			clinic_column_get(
				&clinic_schema_tables[summing->from].column[i],
				change));
}

static bool has_keys(const struct summing *summing, const void *row,
		     const union sum_row *wanted)
{
	for (uint32_t i = 1; i <= summing->keys_count; i++) {
		const struct clinic_column *column = target_of(summing, i);

		if (clinic_column_get(column, row) !=
		    clinic_column_get(column, wanted))
			return false;
	}
	return true;
}

static int find_row(struct clinic_session *session,
		    struct clinic_row_index *index,
		    const struct summing *summing, const union sum_row *wanted,
		    uint32_t *id)
{
	uint32_t hash = clinic_row_hash(
		wanted, clinic_schema_tables[summing->into].row_bytes);
	struct clinic_row_cursor at;
	int err;

	for (*id = clinic_row_index_first(index, hash, &at);
	     *id != CLINIC_NO_ROW; *id = clinic_row_index_next(index, &at))
		if (has_keys(summing,
			     clinic_rows_at(session, summing->into, *id),
			     wanted))
			return 0;
	*id = session->table[summing->into].count;
	err = clinic_rows_append(session, summing->into, wanted);
	return err ? err : clinic_row_index_add(index, hash, *id);
}

static void add_change(const struct summing *summing, const void *change,
		       void *sum)
{
	const struct clinic_columns *from =
		&clinic_schema_tables[summing->from];

	for (uint32_t i = summing->keys_count + 1; i < from->columns_count;
	     i++) {
		const struct clinic_column *into = target_of(summing, i);

		if (into)
			clinic_column_set(
				into, sum,
				clinic_column_get(into, sum) +
					clinic_column_get(&from->column[i],
							  change));
	}
}

static int sum_table(struct clinic_session *session,
		     const struct summing *summing)
{
	struct clinic_row_index index = {0};
	int err = 0;

	for (uint32_t i = 0; !err && i < session->table[summing->from].count;
	     i++) {
		const void *change = clinic_rows_at(session, summing->from, i);
		union sum_row row;
		uint32_t id;

		make_row(summing, change, &row);
		err = find_row(session, &index, summing, &row, &id);
		if (!err)
			add_change(summing, change,
				   clinic_rows_at(session, summing->into, id));
	}
	clinic_row_index_clear(&index);
	return err;
}

int clinic_change_sums_add(struct clinic_session *session)
{
	static const struct summing summings[] = {
		{CLINIC_ALLOCATION_CHANGES, CLINIC_ALLOCATIONS, 3},
		{CLINIC_LOCK_CHANGES, CLINIC_LOCKS, 6},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(summings) / sizeof(*summings);
	     i++)
		err = sum_table(session, &summings[i]);
	return err;
}
