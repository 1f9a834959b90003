/* Copies a session, with the same numbers for all rows. */
#include <errno.h>
#include <stdbool.h>

#include "session/session.h"
#include "session/session_rows.h"

static int copy_texts(struct clinic_session *into,
		      const struct clinic_session *from)
{
	int err = 0;

	/* A new session already has "". */
	for (uint32_t i = 1; !err && i < from->texts.count; i++) {
		uint32_t id;

		err = clinic_string_table_append(
			&into->texts, from->texts.row[i].text,
			from->texts.row[i].length, &id);
	}
	return err;
}

static int copy_table(struct clinic_session *into,
		      const struct clinic_session *from,
		      enum clinic_table table)
{
	bool is_interned = clinic_schema_tables[table].is_interned;
	int err = 0;

	for (uint32_t i = is_interned; !err && i < from->table[table].count;
	     i++) {
		const void *row = clinic_rows_at(from, table, i);
		uint32_t id;

		err = is_interned ? clinic_rows_intern(into, table, row, &id)
				  : clinic_rows_append(into, table, row);
	}
	return err;
}

int clinic_session_copy(struct clinic_session *into,
			const struct clinic_session *from)
{
	int err = into->texts.count == 1 ? copy_texts(into, from) : -EINVAL;

	for (unsigned int i = 0; !err && i < CLINIC_TABLES; i++)
		err = copy_table(into, from, i);
	into->metadata = from->metadata;
	into->quality = from->quality;
	return err;
}
