/* Prints allocations by stage and by call site, for people. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/report.h"
#include "cli/report_frame_text.h"
#include "cli/report_text.h"
#include "foundation/terminal_text.h"
#include "session/memory_sums.h"
#include "session/row_name.h"
#include "session/session.h"

/* The stacks shown for one site, and the width of print_allocation(). */
enum { STACKS_SHOWN = 3, ALLOCATION_WIDTH = 12 + 13 + 15 + 13 + 11 + 11 + 2 };

static void print_allocation(const struct clinic_allocation *row)
{
	printf("%12" PRIu64 " %12" PRIu64 " %14" PRIu64 " %12" PRIu64
	       " %10" PRIu64 " %10" PRIu64 "  ",
	       row->allocations_count, row->frees_count, row->bytes,
	       row->peak_bytes, row->leaked_count, row->temporary_count);
}

static void print_allocation_head(const char *what)
{
	printf("%12s %12s %14s %12s %10s %10s  %s\n", "allocations", "frees",
	       "bytes", "at peak", "leaked", "temporary", what);
}

/* A wrapper has several callers: the heaviest ones have a line each. */
static void print_callers(const struct clinic_report *report,
			  const struct clinic_memory_site *site)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);

	for (uint32_t i = 0; i < site->stacks_count && i < STACKS_SHOWN; i++) {
		const struct clinic_allocation *sum = &site->stack[i].sum;

		print_allocation(sum);
		printf("    < ");
		clinic_print_frames(report, stack[sum->stack_id].parent_id);
		printf("\n");
	}
	if (site->stacks_count > STACKS_SHOWN)
		printf("%*s... and %" PRIu32 " more stacks; `clinic export "
		       "--weight bytes` writes all of them\n",
		       ALLOCATION_WIDTH + 4, "",
		       site->stacks_count - STACKS_SHOWN);
}

static void print_site(const struct clinic_report *report,
		       const struct clinic_memory_site *site)
{
	print_allocation(&site->sum);
	clinic_print_innermost(report, site->sum.stack_id);
	if (site->stacks_count > 1)
		printf(", the sum of %" PRIu32 " stacks:", site->stacks_count);
	printf("\n");
	if (site->stacks_count > 1)
		print_callers(report, site);
}

static void print_stages(const struct clinic_report *report,
			 const struct clinic_memory *memory)
{
	char unused[1]; /* the name of a stage needs no room */
	uint32_t count;

	printf("\n");
	print_allocation_head("stage");
	clinic_session_rows(report->session, CLINIC_STAGES, &count);
	for (uint32_t i = 0; i < count; i++) {
		const struct clinic_tally_row row = {.stage_id = i};

		if (!memory->stage[i].allocations_count)
			continue;
		print_allocation(&memory->stage[i]);
		printf("%s\n", clinic_terminal_text(clinic_row_name(
				       report->session, CLINIC_BY_STAGE, &row,
				       unused, sizeof(unused))));
	}
	print_allocation(&memory->all);
	printf("all\n");
}

static void print_sites(const struct clinic_report *report,
			const struct clinic_memory *memory)
{
	uint32_t shown = clinic_report_rows(report, memory->sites_count);

	printf("\n");
	print_allocation_head("call site");
	for (uint32_t i = 0; i < shown; i++)
		print_site(report, &memory->site[i]);
}

static void print_peak(const struct clinic_quality *quality)
{
	printf("\nat most %" PRIu64 " bytes were live at once in a process",
	       quality->peak_bytes);
	if (quality->peak_margin_bytes)
		printf(" (to within %" PRIu64 " bytes, because threads add "
		       "their live bytes in portions of 4 KiB)",
		       quality->peak_margin_bytes);
	printf("; %" PRIu64 " frees were of unknown blocks\n",
	       quality->unmatched_frees_count);
	if (quality->lost_allocations_count)
		printf("%" PRIu64 " allocations have no call stack, because "
		       "there was no room for it\n",
		       quality->lost_allocations_count);
}

int clinic_report_text_memory(const struct clinic_report *report)
{
	struct clinic_memory memory;
	int error;

	if (!clinic_memory_is_observed(report->session))
		return 0;
	error = clinic_memory_sum(report->session, report->has_raw_sites,
				  &memory);
	if (!error) {
		print_peak(clinic_session_quality(report->session));
		print_stages(report, &memory);
		print_sites(report, &memory);
	}
	clinic_memory_free(&memory);
	return error;
}
