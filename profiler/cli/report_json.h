/*
 * cli/report_json.h - the parts of what `clinic report --json` prints.
 *
 * Each function puts its keys into the document. What was not observed is null,
 * because 0 would mean that there was none of it.
 *
 * Errors     0 or -errno.
 */
#ifndef CLINIC_CLI_REPORT_JSON_H
#define CLINIC_CLI_REPORT_JSON_H

#include <jansson.h>

struct clinic_report;

/* "allocations" and "call_sites" */
int clinic_report_json_memory(const struct clinic_report *report, json_t *root);
/* "off_cpu" */
int clinic_report_json_off_cpu(const struct clinic_report *report,
			       json_t *root);
/* "locks" */
int clinic_report_json_locks(const struct clinic_report *report, json_t *root);
/* "resident_peaks" */
int clinic_report_json_resident(const struct clinic_report *report,
				json_t *root);

#endif
