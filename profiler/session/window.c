#include "session/window.h"

#include <string.h>

#include "session/session_rows.h"

/* Every table with a time has it first in its row; a static check each. */
_Static_assert(offsetof(struct clinic_sample, time_ns) == 0, "time first");
_Static_assert(offsetof(struct clinic_metric, time_ns) == 0, "time first");

static void keep_rows(struct clinic_session *session, enum clinic_table table,
		      uint64_t from_ns, uint64_t to_ns)
{
	struct clinic_rows *rows = &session->table[table];
	size_t bytes = clinic_schema_tables[table].row_bytes;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t time_ns;

		memcpy(&time_ns, clinic_rows_at(session, table, i),
		       sizeof(time_ns));
		if (time_ns < from_ns || time_ns >= to_ns)
			continue;
		memmove(clinic_rows_at(session, table, kept++),
			clinic_rows_at(session, table, i), bytes);
	}
	rows->count = kept;
}

void clinic_session_keep(struct clinic_session *session, uint64_t from_ns,
			 uint64_t to_ns)
{
	keep_rows(session, CLINIC_SAMPLES, from_ns, to_ns);
	keep_rows(session, CLINIC_WAITS, from_ns, to_ns);
	keep_rows(session, CLINIC_METRICS, from_ns, to_ns);
	session->table[CLINIC_LIFETIMES].count = 0;
	session->table[CLINIC_ALLOCATIONS].count = 0;
	session->table[CLINIC_ALLOCATION_SIZES].count = 0;
	session->table[CLINIC_LOCKS].count = 0;
	session->about.started_ns = from_ns;
	session->about.ended_ns = to_ns;
	/* These were of the whole run; of a part of it nothing is known. */
	session->quality.accounted_cpu_ns = 0;
	session->quality.accounted_kernel_ns = 0;
	session->quality.collector_cpu_ns = 0;
}
