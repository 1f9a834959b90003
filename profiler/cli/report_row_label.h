/*
 * cli/report_row_label.h - the text after the figures of each row.
 *
 * It is the name of the row, and the place of its function. If rows would have
 * the same text (instances of a template, functions with one name), their
 * address is added.
 *
 * Ownership  call clinic_row_labels_free(), also after an error.
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_CLI_REPORT_ROW_LABEL_H
#define CLINIC_CLI_REPORT_ROW_LABEL_H

#include <stdint.h>

#include "session/tally.h"

struct clinic_report;

struct clinic_row_labels {
	char **text; /* by row */
	uint32_t count;
};

/* Makes the labels of the first `count` rows. */
int clinic_row_labels_make(const struct clinic_report *report,
			   enum clinic_group group,
			   const struct clinic_tally *tally, uint32_t count,
			   struct clinic_row_labels *labels);
void clinic_row_labels_free(struct clinic_row_labels *labels);

#endif
