/*
 * cli/json_fields.h - the kinds of fields in JSON reports.
 *
 * Each function sets one or more keys of the object. If memory is short, the
 * field is missing.
 */
#ifndef CLINIC_CLI_JSON_FIELDS_H
#define CLINIC_CLI_JSON_FIELDS_H

#include <jansson.h>
#include <stdint.h>

#include "cli/report.h"

void clinic_field_count(json_t *object, const char *key, uint64_t value);
/* A negative ratio is unknown, and becomes null. */
void clinic_field_ratio(json_t *object, const char *key, double ratio);

/* One of the session's strings. */
void clinic_field_text(const struct clinic_report *report, json_t *object,
		       const char *key, uint32_t text_id);

/* What a text report calls that row. */
void clinic_field_name(const struct clinic_report *report, json_t *object,
		       const char *key, enum clinic_group group,
		       const struct clinic_tally_row *row);

/* The functions of a stack, outermost first, as in a flame graph. */
void clinic_field_stack(const struct clinic_report *report, json_t *object,
			const char *key, uint32_t stack_id);

/* For code: "file" and "line" that were executed, and "library". */
void clinic_field_place(const struct clinic_report *report, json_t *object,
			uint32_t frame_id);

/*
 * For a function: "file" and "line" where it is defined, "hottest_..." where it
 * used most self time, and "library".
 */
void clinic_field_definition(const struct clinic_report *report, json_t *object,
			     uint32_t frame_id);

#endif
