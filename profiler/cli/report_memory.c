/* Allocations of a session added up: all, by stage, by call site. */
#include <errno.h>
#include <stdlib.h>

#include "cli/report.h"
#include "session/session.h"

static void add(struct clinic_allocation *sum,
		const struct clinic_allocation *row)
{
	sum->allocations_count += row->allocations_count;
	sum->frees_count += row->frees_count;
	sum->bytes += row->bytes;
	sum->peak_bytes += row->peak_bytes;
	sum->leaked_count += row->leaked_count;
	sum->leaked_bytes += row->leaked_bytes;
	sum->temporary_count += row->temporary_count;
	sum->lifetime_ns += row->lifetime_ns;
}

static int compare_sites(const void *left, const void *right)
{
	const struct clinic_allocation *a = left;
	const struct clinic_allocation *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return a->stack_id < b->stack_id ? -1 : a->stack_id > b->stack_id;
}

/* A site is the frame that called the allocator, whoever called it. */
static void add_sites(const struct clinic_session *session,
		      struct clinic_memory *memory, uint64_t *heaviest)
{
	uint32_t stacks_count;
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &stacks_count);
	const struct clinic_allocation *row =
		clinic_session_rows(session, CLINIC_ALLOCATIONS, &count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t frame = stack[row[i].stack_id].frame_id;

		add(&memory->site[frame], &row[i]);
		if (row[i].bytes >= heaviest[frame]) {
			heaviest[frame] = row[i].bytes;
			memory->site[frame].stack_id = row[i].stack_id;
		}
		add(&memory->stage[row[i].stage_id], &row[i]);
		add(&memory->all, &row[i]);
	}
}

int clinic_memory_sum(const struct clinic_session *session,
		      struct clinic_memory *memory)
{
	uint32_t frames_count;
	uint32_t stages_count;
	uint64_t *heaviest;

	clinic_session_rows(session, CLINIC_FRAMES, &frames_count);
	clinic_session_rows(session, CLINIC_STAGES, &stages_count);
	*memory = (struct clinic_memory){0};
	memory->stage = calloc(stages_count, sizeof(*memory->stage));
	memory->site = calloc(frames_count, sizeof(*memory->site));
	heaviest = calloc(frames_count, sizeof(*heaviest));
	if (memory->stage && memory->site && heaviest) {
		add_sites(session, memory, heaviest);
		memory->sites_count = frames_count;
		qsort(memory->site, frames_count, sizeof(*memory->site),
		      compare_sites);
	}
	free(heaviest);
	while (memory->sites_count &&
	       !memory->site[memory->sites_count - 1].allocations_count)
		memory->sites_count--;
	return memory->stage && memory->site && heaviest ? 0 : -ENOMEM;
}

void clinic_memory_free(struct clinic_memory *memory)
{
	free(memory->stage);
	free(memory->site);
}

bool clinic_memory_is_observed(const struct clinic_report *report)
{
	return clinic_weight_rows(report->session, CLINIC_WEIGHT_BYTES) ||
	       clinic_session_quality(report->session)->allocations_observed;
}
