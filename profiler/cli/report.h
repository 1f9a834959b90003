/*
 * cli/report.h - what `clinic report` shows, as text and as JSON.
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
	uint64_t top;        /* rows of a table; 0: all of them */
	const char *callers; /* of this function, NULL: a tally */
	/* For people: without long template arguments, */
	bool has_short_names;
	/* and with sites that are the innermost frame, be it operator new. */
	bool has_raw_sites;
	/* Of samples that are not the program's: removed, or to be named. */
	bool is_instrument_left_out;
	uint64_t instrument_cpu_ns;
};

/* Both print to stdout, and return 0 or -errno. */
int clinic_report_text(const struct clinic_report *report);
int clinic_report_json(const struct clinic_report *report);

/* How many of `count` rows are shown, by --top. */
uint32_t clinic_report_rows(const struct clinic_report *report, uint32_t count);

#endif
