/*
 * cli/report_row_label.h - what stands behind the figures of each row.
 *
 * The name of the row's function, and its place. Rows whose text is the same
 * (instances of a template, functions of one name) have their address, too.
 *
 * Ownership  clinic_row_labels_free(), also after an error.
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

/* Of the first `count` rows. */
int clinic_row_labels_make(const struct clinic_report *report,
			   enum clinic_group group,
			   const struct clinic_tally *tally, uint32_t count,
			   struct clinic_row_labels *labels);
void clinic_row_labels_free(struct clinic_row_labels *labels);

#endif
