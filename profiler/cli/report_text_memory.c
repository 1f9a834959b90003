/* `clinic report` for people: what was allocated, when and where. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/report.h"
#include "cli/report_frame_text.h"
#include "cli/report_text.h"
#include "session/session.h"

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

static void print_site(const struct clinic_report *report,
		       const struct clinic_allocation *site)
{
	print_allocation(site);
	clinic_print_innermost(report, site->stack_id);
	printf("\n");
}

static void print_stages(const struct clinic_report *report,
			 const struct clinic_memory *memory)
{
	uint32_t count;

	printf("\n");
	print_allocation_head("stage");
	clinic_session_rows(report->session, CLINIC_STAGES, &count);
	for (uint32_t i = 0; i < count; i++) {
		const struct clinic_tally_row row = {.stage_id = i};

		if (!memory->stage[i].allocations_count)
			continue;
		print_allocation(&memory->stage[i]);
		printf("%s\n", clinic_report_name(report, CLINIC_BY_STAGE, &row,
						  NULL, 0));
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
	printf("\nat most %" PRIu64 " bytes live at once, %" PRIu64
	       " frees of unknown blocks\n",
	       quality->peak_bytes, quality->unmatched_frees_count);
	if (quality->lost_allocations_count)
		printf("for %" PRIu64 " allocations there was no room: they "
		       "have no call stack, or were not counted\n",
		       quality->lost_allocations_count);
}

int clinic_report_text_memory(const struct clinic_report *report)
{
	struct clinic_memory memory;
	int error;

	if (!clinic_memory_is_observed(report))
		return 0;
	error = clinic_memory_sum(report->session, &memory);
	if (!error) {
		print_peak(clinic_session_quality(report->session));
		print_stages(report, &memory);
		print_sites(report, &memory);
	}
	clinic_memory_free(&memory);
	return error;
}
