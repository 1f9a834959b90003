/*
 * session/schema.h - what each table's columns are called and mean.
 *
 * One description drives the writer, the reader, the check that every
 * reference leads somewhere, merging, and windows of time. To add a column:
 * add it to the row in rows.h, here, and to FORMAT.md (a test compares the
 * two).
 */
#ifndef CLINIC_SESSION_SCHEMA_H
#define CLINIC_SESSION_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "session/rows.h"

/*
 * The kind of number in a column. A kind that is the number of a table (enum
 * clinic_table) means a row number of that table.
 */
enum {
	CLINIC_COLUMN_NUMBER = CLINIC_TABLES,
	CLINIC_COLUMN_DELTA, /* in the file, the difference to the row before */
	CLINIC_COLUMN_TEXT,
	CLINIC_COLUMN_TIER, /* at most CLINIC_TIERS - 1 */
};

struct clinic_column {
	const char *name; /* in the file */
	uint16_t offset;  /* in the row */
	uint8_t bytes;    /* 2, 4 or 8 */
	uint8_t kind;
};

/* Which rows of a table belong to a window of time. */
enum {
	CLINIC_IN_WINDOW_ALL,     /* its rows have nothing to do with time */
	CLINIC_IN_WINDOW_TIMED,   /* its first column is time_ns: those rows
				   * whose time is in the window */
	CLINIC_IN_WINDOW_NOTHING, /* its rows are sums over the whole run */
};

struct clinic_columns {
	const char *name; /* of the table, in the file */
	size_t row_bytes;
	uint32_t columns_count;
	uint16_t is_interned; /* row 0 exists and is zero */
	uint16_t in_window;   /* CLINIC_IN_WINDOW_* */
	const struct clinic_column *column;
};

extern const struct clinic_columns clinic_schema_tables[CLINIC_TABLES];
extern const struct clinic_columns clinic_schema_metadata;
extern const struct clinic_columns clinic_schema_quality;

uint64_t clinic_column_get(const struct clinic_column *column, const void *row);
/* The value must fit: see clinic_column_max(). */
void clinic_column_set(const struct clinic_column *column, void *row,
		       uint64_t value);
uint64_t clinic_column_max(const struct clinic_column *column);

#endif
