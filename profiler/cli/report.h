/*
 * cli/report.h - prints a session as text or as JSON, for `clinic report`.
 */
#ifndef CLINIC_CLI_REPORT_H
#define CLINIC_CLI_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "session/quality.h"
#include "session/tally.h"

struct clinic_session;

struct clinic_report {
	const char *path;
	struct clinic_session *session;
	struct clinic_quality_counts counts;
	enum clinic_group group;
	enum clinic_weight weight;
	uint64_t top; /* rows of a table; 0: all of them */
	/* The callers of this function are shown; NULL: all functions are. */
	const char *callers;
	/* C++ names are shown without long template arguments. */
	bool has_short_names;
	/* A call site is the innermost frame, even if it is operator new. */
	bool has_raw_sites;
	/* The samples in which the instrument itself ran were removed. */
	bool is_instrument_left_out;
	uint64_t instrument_cpu_ns; /* of these samples */
};

/* Both print to stdout, and return 0 or -errno. */
int clinic_report_text(const struct clinic_report *report);
int clinic_report_json(const struct clinic_report *report);

/* How many of `count` rows --top allows to be shown. */
uint32_t clinic_report_rows(const struct clinic_report *report, uint32_t count);

#endif
