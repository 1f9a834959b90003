/* Prints the largest resident size of each process. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/json_fields.h"
#include "cli/report.h"
#include "cli/report_json.h"
#include "cli/report_text.h"
#include "foundation/terminal_text.h"
#include "session/figures.h"
#include "session/session.h"

#define BYTES_PER_MIB 1048576.0
/* The most processes that are shown; --json lists all. */
#define SHOWN_MAX 5

int clinic_report_text_resident(const struct clinic_report *report)
{
	uint32_t count, shown;
	struct clinic_resident_peak *row =
		clinic_figure_resident(report->session, &count);

	if (!row)
		return -ENOMEM;
	shown = count < SHOWN_MAX ? count : SHOWN_MAX;
	if (count)
		printf("\nlargest resident size, by process:\n");
	for (uint32_t i = 0; i < shown; i++)
		printf("%9.1f MiB  %s (%" PRIu32 ")\n",
		       (double)row[i].bytes / BYTES_PER_MIB,
		       clinic_terminal_text(clinic_session_text(
			       report->session, row[i].program_id)),
		       row[i].pid);
	if (shown < count)
		printf("... and %" PRIu32 " more processes, with at most "
		       "%.1f MiB each; `clinic report --json` lists all\n",
		       count - shown, (double)row[shown].bytes / BYTES_PER_MIB);
	free(row);
	return 0;
}

int clinic_report_json_resident(const struct clinic_report *report,
				json_t *root)
{
	uint32_t count;
	struct clinic_resident_peak *row =
		clinic_figure_resident(report->session, &count);
	json_t *peaks = json_array();

	if (!row)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		json_t *object = json_object();

		clinic_field_text(report, object, "program", row[i].program_id);
		clinic_field_count(object, "pid", row[i].pid);
		clinic_field_count(object, "bytes", row[i].bytes);
		json_array_append_new(peaks, object);
	}
	json_object_set_new(root, "resident_peaks", peaks);
	free(row);
	return 0;
}
