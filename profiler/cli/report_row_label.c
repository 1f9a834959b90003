/* Makes the text of rows, and distinguishes rows with the same text. */
#include "cli/report_row_label.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "cli/report_frame_text.h"
#include "session/instrument_time.h"
#include "session/session.h"

static void write_label(FILE *out, const struct clinic_report *report,
			enum clinic_group group,
			const struct clinic_tally_row *row)
{
	if (report->callers && !row->frame_id)
		fputs("(no caller: it is the outermost function)", out);
	else
		clinic_print_name(out, report, group, row);
	if (group != CLINIC_BY_FUNCTION)
		return;
	/* The place is the function's hottest line. */
	clinic_print_place(out, report, row->frame_id);
	if (clinic_frame_is_instrument(report->session, row->frame_id))
		fputs("  [instrument]", out);
}

static uint64_t address_of(const struct clinic_report *report,
			   const struct clinic_tally_row *row)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(report->session, CLINIC_FRAMES, &count);

	return frame[row->frame_id].address;
}

static char *make_label(const struct clinic_report *report,
			enum clinic_group group,
			const struct clinic_tally_row *row, bool has_address)
{
	size_t bytes;
	char *label = NULL;
	FILE *out = open_memstream(&label, &bytes);

	if (!out)
		return NULL;
	write_label(out, report, group, row);
	if (has_address)
		fprintf(out, "  at 0x%" PRIx64, address_of(report, row));
	if (!fclose(out))
		return label;
	free(label);
	return NULL;
}

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct clinic_row_labels *labels = context;

	return strcmp(labels->text[*(const uint32_t *)left],
		      labels->text[*(const uint32_t *)right]);
}

static void mark_alike(const struct clinic_row_labels *labels, uint32_t *order,
		       bool *is_alike)
{
	for (uint32_t i = 0; i < labels->count; i++)
		order[i] = i;
	if (labels->count)
		qsort_r(order, labels->count, sizeof(*order), compare_rows,
			(void *)(uintptr_t)labels);
	for (uint32_t i = 1; i < labels->count; i++)
		if (!strcmp(labels->text[order[i]], labels->text[order[i - 1]]))
			is_alike[order[i]] = is_alike[order[i - 1]] = true;
}

static int distinguish(const struct clinic_report *report,
		       enum clinic_group group,
		       const struct clinic_tally *tally,
		       struct clinic_row_labels *labels)
{
	uint32_t *order = calloc(labels->count + 1ul, sizeof(*order));
	bool *is_alike = calloc(labels->count + 1ul, sizeof(*is_alike));
	int error = order && is_alike ? 0 : -ENOMEM;

	if (!error)
		mark_alike(labels, order, is_alike);
	for (uint32_t i = 0; !error && i < labels->count; i++) {
		if (!is_alike[i])
			continue;
		free(labels->text[i]);
		labels->text[i] =
			make_label(report, group, &tally->row[i], true);
		error = labels->text[i] ? 0 : -ENOMEM;
	}
	free(order);
	free(is_alike);
	return error;
}

int clinic_row_labels_make(const struct clinic_report *report,
			   enum clinic_group group,
			   const struct clinic_tally *tally, uint32_t count,
			   struct clinic_row_labels *labels)
{
	*labels = (struct clinic_row_labels){
		.text = calloc(count + 1ul, sizeof(*labels->text)),
		.count = count,
	};
	if (!labels->text)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		labels->text[i] =
			make_label(report, group, &tally->row[i], false);
		if (!labels->text[i])
			return -ENOMEM;
	}
	return group == CLINIC_BY_FUNCTION
		       ? distinguish(report, group, tally, labels)
		       : 0;
}

void clinic_row_labels_free(struct clinic_row_labels *labels)
{
	for (uint32_t i = 0; labels->text && i < labels->count; i++)
		free(labels->text[i]);
	free(labels->text);
}
