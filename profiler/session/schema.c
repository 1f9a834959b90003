/* Describes the columns of each table: name in the file, place in the row. */
#include "session/schema.h"

#include <string.h>

#define COLUMN(row, field, label, what)                                        \
	{                                                                      \
		.name = (label), .offset = offsetof(struct row, field),        \
		.bytes = sizeof(((struct row *)0)->field), .kind = (what)      \
	}
#define NUMBER(row, field)     COLUMN(row, field, #field, CLINIC_COLUMN_NUMBER)
#define DELTA(row, field)      COLUMN(row, field, #field, CLINIC_COLUMN_DELTA)
#define TEXT(row, field)       COLUMN(row, field##_id, #field, CLINIC_COLUMN_TEXT)
#define REF(row, field, table) COLUMN(row, field##_id, #field, table)

static const struct clinic_column library[] = {
	TEXT(clinic_library, path),
	TEXT(clinic_library, build_id),
};

static const struct clinic_column frame[] = {
	TEXT(clinic_frame, function),
	TEXT(clinic_frame, file),
	NUMBER(clinic_frame, line),
	REF(clinic_frame, library, CLINIC_LIBRARIES),
	NUMBER(clinic_frame, address),
	COLUMN(clinic_frame, tier, "tier", CLINIC_COLUMN_TIER),
	NUMBER(clinic_frame, inlined),
	TEXT(clinic_frame, defined_file),
	NUMBER(clinic_frame, defined_line),
};

static const struct clinic_column stack[] = {
	REF(clinic_stack, parent, CLINIC_STACKS),
	REF(clinic_stack, frame, CLINIC_FRAMES),
};

static const struct clinic_column thread[] = {
	NUMBER(clinic_thread, pid),
	NUMBER(clinic_thread, tid),
	TEXT(clinic_thread, name),
};

static const struct clinic_column stage[] = {
	TEXT(clinic_stage_name, name),
};

static const struct clinic_column sample[] = {
	DELTA(clinic_sample, time_ns),
	NUMBER(clinic_sample, weight_ns),
	REF(clinic_sample, thread, CLINIC_THREADS),
	REF(clinic_sample, stack, CLINIC_STACKS),
	REF(clinic_sample, stage, CLINIC_STAGES),
	NUMBER(clinic_sample, cpu),
	NUMBER(clinic_sample, flags),
};

static const struct clinic_column lifetime[] = {
	NUMBER(clinic_lifetime, watched_ns),
	REF(clinic_lifetime, thread, CLINIC_THREADS),
};

static const struct clinic_column allocation[] = {
	REF(clinic_allocation, stack, CLINIC_STACKS),
	REF(clinic_allocation, stage, CLINIC_STAGES),
	REF(clinic_allocation, thread, CLINIC_THREADS),
	NUMBER(clinic_allocation, allocations_count),
	NUMBER(clinic_allocation, frees_count),
	NUMBER(clinic_allocation, bytes),
	NUMBER(clinic_allocation, peak_bytes),
	NUMBER(clinic_allocation, leaked_count),
	NUMBER(clinic_allocation, leaked_bytes),
	NUMBER(clinic_allocation, temporary_count),
	NUMBER(clinic_allocation, lifetime_ns),
};

static const struct clinic_column allocation_change[] = {
	DELTA(clinic_allocation_change, time_ns),
	REF(clinic_allocation_change, stack, CLINIC_STACKS),
	REF(clinic_allocation_change, stage, CLINIC_STAGES),
	REF(clinic_allocation_change, thread, CLINIC_THREADS),
	NUMBER(clinic_allocation_change, allocations_count),
	NUMBER(clinic_allocation_change, bytes),
	NUMBER(clinic_allocation_change, frees_count),
	NUMBER(clinic_allocation_change, freed_bytes),
};

static const struct clinic_column allocation_size[] = {
	REF(clinic_allocation_size, stage, CLINIC_STAGES),
	NUMBER(clinic_allocation_size, up_to_bytes),
	NUMBER(clinic_allocation_size, allocations_count),
};

static const struct clinic_column lock[] = {
	TEXT(clinic_lock, kind),
	TEXT(clinic_lock, name),
	REF(clinic_lock, stack, CLINIC_STACKS),
	REF(clinic_lock, owner_stack, CLINIC_STACKS),
	REF(clinic_lock, thread, CLINIC_THREADS),
	REF(clinic_lock, stage, CLINIC_STAGES),
	NUMBER(clinic_lock, acquisitions_count),
	NUMBER(clinic_lock, contended_count),
	NUMBER(clinic_lock, wait_ns),
	NUMBER(clinic_lock, longest_wait_ns),
	NUMBER(clinic_lock, hold_ns),
};

static const struct clinic_column lock_change[] = {
	DELTA(clinic_lock_change, time_ns),
	TEXT(clinic_lock_change, kind),
	TEXT(clinic_lock_change, name),
	REF(clinic_lock_change, stack, CLINIC_STACKS),
	REF(clinic_lock_change, owner_stack, CLINIC_STACKS),
	REF(clinic_lock_change, thread, CLINIC_THREADS),
	REF(clinic_lock_change, stage, CLINIC_STAGES),
	NUMBER(clinic_lock_change, acquisitions_count),
	NUMBER(clinic_lock_change, contended_count),
	NUMBER(clinic_lock_change, wait_ns),
	NUMBER(clinic_lock_change, hold_ns),
};

static const struct clinic_column metric[] = {
	DELTA(clinic_metric, time_ns),
	NUMBER(clinic_metric, user_ns),
	NUMBER(clinic_metric, system_ns),
	NUMBER(clinic_metric, rss_bytes),
	NUMBER(clinic_metric, minor_faults_count),
	NUMBER(clinic_metric, major_faults_count),
	NUMBER(clinic_metric, voluntary_switches_count),
	NUMBER(clinic_metric, involuntary_switches_count),
	NUMBER(clinic_metric, pid),
	NUMBER(clinic_metric, threads_count),
};

static const struct clinic_column resident_peak[] = {
	NUMBER(clinic_resident_peak, bytes),
	TEXT(clinic_resident_peak, program),
	NUMBER(clinic_resident_peak, pid),
};

static const struct clinic_column refusal[] = {
	TEXT(clinic_refusal, backend),
	NUMBER(clinic_refusal, errno_number),
	TEXT(clinic_refusal, text),
};

static const struct clinic_column note[] = {
	TEXT(clinic_note, text),
	NUMBER(clinic_note, is_warning),
	NUMBER(clinic_note, repeats_count),
};

static const struct clinic_column metadata[] = {
	TEXT(clinic_session_metadata, command),
	TEXT(clinic_session_metadata, host),
	TEXT(clinic_session_metadata, tool),
	TEXT(clinic_session_metadata, backend),
	TEXT(clinic_session_metadata, event),
	NUMBER(clinic_session_metadata, exit_code),
	NUMBER(clinic_session_metadata, exit_unknown),
	NUMBER(clinic_session_metadata, started_realtime_ns),
	NUMBER(clinic_session_metadata, started_ns),
	NUMBER(clinic_session_metadata, ended_ns),
	NUMBER(clinic_session_metadata, frequency_hz),
	NUMBER(clinic_session_metadata, runs_count),
	NUMBER(clinic_session_metadata, runs_ns),
};

static const struct clinic_column quality[] = {
	NUMBER(clinic_quality, lost_count),
	NUMBER(clinic_quality, throttled_count),
	NUMBER(clinic_quality, accounted_cpu_ns),
	NUMBER(clinic_quality, accounted_kernel_ns),
	NUMBER(clinic_quality, kernel_visible),
	NUMBER(clinic_quality, collector_cpu_ns),
	NUMBER(clinic_quality, collector_peak_rss_bytes),
	NUMBER(clinic_quality, unmatched_frees_count),
	NUMBER(clinic_quality, allocations_observed),
	NUMBER(clinic_quality, lost_allocations_count),
	NUMBER(clinic_quality, lost_locks_count),
	NUMBER(clinic_quality, peak_bytes),
	NUMBER(clinic_quality, peak_margin_bytes),
	NUMBER(clinic_quality, peak_time_ns),
};

#define COLUMNS(label, row, columns, ...)                                      \
	{                                                                      \
		.name = (label), .row_bytes = sizeof(struct row),              \
		.columns_count = sizeof(columns) / sizeof((columns)[0]),       \
		.column = (columns), __VA_ARGS__                               \
	}
#define INTERNED   .is_interned = 1
#define TIMED      .in_window = CLINIC_IN_WINDOW_TIMED
#define SUMS       .in_window = CLINIC_IN_WINDOW_NOTHING
#define KEPT_WHOLE .in_window = CLINIC_IN_WINDOW_ALL

const struct clinic_columns clinic_schema_tables[CLINIC_TABLES] = {
	[CLINIC_LIBRARIES] =
		COLUMNS("libraries", clinic_library, library, INTERNED),
	[CLINIC_FRAMES] = COLUMNS("frames", clinic_frame, frame, INTERNED),
	[CLINIC_STACKS] = COLUMNS("stacks", clinic_stack, stack, INTERNED),
	[CLINIC_THREADS] = COLUMNS("threads", clinic_thread, thread, INTERNED),
	[CLINIC_STAGES] = COLUMNS("stages", clinic_stage_name, stage, INTERNED),
	[CLINIC_SAMPLES] = COLUMNS("samples", clinic_sample, sample, TIMED),
	[CLINIC_WAITS] = COLUMNS("waits", clinic_sample, sample, TIMED),
	[CLINIC_LIFETIMES] =
		COLUMNS("lifetimes", clinic_lifetime, lifetime, SUMS),
	[CLINIC_ALLOCATIONS] =
		COLUMNS("allocations", clinic_allocation, allocation, SUMS),
	[CLINIC_ALLOCATION_CHANGES] = COLUMNS("allocation_changes",
					      clinic_allocation_change,
					      allocation_change, TIMED),
	[CLINIC_ALLOCATION_SIZES] = COLUMNS("allocation_sizes",
					    clinic_allocation_size,
					    allocation_size, SUMS),
	[CLINIC_LOCKS] = COLUMNS("locks", clinic_lock, lock, SUMS),
	[CLINIC_LOCK_CHANGES] =
		COLUMNS("lock_changes", clinic_lock_change, lock_change, TIMED),
	[CLINIC_METRICS] = COLUMNS("metrics", clinic_metric, metric, TIMED),
	[CLINIC_RESIDENT_PEAKS] = COLUMNS(
		"resident_peaks", clinic_resident_peak, resident_peak, SUMS),
	[CLINIC_REFUSALS] =
		COLUMNS("refusals", clinic_refusal, refusal, KEPT_WHOLE),
	[CLINIC_NOTES] = COLUMNS("notes", clinic_note, note, KEPT_WHOLE),
};

const struct clinic_columns clinic_schema_metadata =
	COLUMNS("about", clinic_session_metadata, metadata, KEPT_WHOLE);
const struct clinic_columns clinic_schema_quality =
	COLUMNS("quality", clinic_quality, quality, KEPT_WHOLE);

uint64_t clinic_column_get(const struct clinic_column *column, const void *row)
{
	const char *at = (const char *)row + column->offset;
	uint64_t value = 0;

	switch (column->bytes) {
	case sizeof(uint16_t):
		value = *(const uint16_t *)(const void *)at;
		break;
	case sizeof(uint32_t):
		value = *(const uint32_t *)(const void *)at;
		break;
	default:
		value = *(const uint64_t *)(const void *)at;
	}
	return value;
}

void clinic_column_set(const struct clinic_column *column, void *row,
		       uint64_t value)
{
	char *at = (char *)row + column->offset;

	switch (column->bytes) {
	case sizeof(uint16_t):
		*(uint16_t *)(void *)at = (uint16_t)value;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)(void *)at = (uint32_t)value;
		break;
	default:
		*(uint64_t *)(void *)at = value;
	}
}

uint64_t clinic_column_max(const struct clinic_column *column)
{
	return UINT64_MAX >> (64 - 8 * column->bytes);
}
