/* Cuts a session to a part of its time. */
#include "session/window.h"

#include <string.h>

#include "session/change_sums.h"
#include "session/session_rows.h"

static void keep_rows(struct clinic_session *session, enum clinic_table table,
		      uint64_t from_ns, uint64_t to_ns)
{
	struct clinic_rows *rows = &session->table[table];
	const struct clinic_columns *schema = &clinic_schema_tables[table];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t time_ns = clinic_column_get(
			&schema->column[0], clinic_rows_at(session, table, i));

		if (time_ns < from_ns || time_ns >= to_ns)
			continue;
		memmove(clinic_rows_at(session, table, kept++),
			clinic_rows_at(session, table, i), schema->row_bytes);
	}
	rows->count = kept;
}

int clinic_session_keep(struct clinic_session *session, uint64_t from_ns,
			uint64_t to_ns)
{
	for (unsigned int i = 0; i < CLINIC_TABLES; i++) {
		if (clinic_schema_tables[i].in_window == CLINIC_IN_WINDOW_TIMED)
			keep_rows(session, i, from_ns, to_ns);
		if (clinic_schema_tables[i].in_window ==
		    CLINIC_IN_WINDOW_NOTHING)
			session->table[i].count = 0;
	}
	session->metadata.started_ns = from_ns;
	session->metadata.ended_ns = to_ns;
	session->metadata.runs_ns = 0;
	/* These describe the whole run; for a part of it they are unknown. */
	session->quality.accounted_cpu_ns = 0;
	session->quality.accounted_kernel_ns = 0;
	session->quality.collector_cpu_ns = 0;
	if (session->quality.peak_time_ns < from_ns ||
	    session->quality.peak_time_ns >= to_ns)
		session->quality.peak_bytes =
			session->quality.peak_margin_bytes =
				session->quality.peak_time_ns = 0;
	return clinic_change_sums_add(session);
}
