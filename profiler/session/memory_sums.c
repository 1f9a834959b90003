/* Adds up allocations of a session: all, by stage, by call site, by stack. */
#include "session/memory_sums.h"

#include <errno.h>
#include <stdlib.h>

#include "session/own_frame.h"
#include "session/session.h"
#include "session/weight.h"

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

static int compare_ids(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare_stacks(const void *left, const void *right)
{
	const struct clinic_memory_stack *a = left, *b = right;

	return compare_ids(a->sum.stack_id, b->sum.stack_id);
}

/* Sorts the stacks of a call site together, the heaviest first. */
static int compare_by_site(const void *left, const void *right)
{
	const struct clinic_memory_stack *a = left, *b = right;

	if (a->frame_id != b->frame_id)
		return compare_ids(a->frame_id, b->frame_id);
	if (a->sum.bytes != b->sum.bytes)
		return a->sum.bytes > b->sum.bytes ? -1 : 1;
	return compare_ids(b->sum.stack_id, a->sum.stack_id);
}

/* Sorts by bytes; a row that only has frees comes behind one of malloc(0). */
static int compare_sites(const void *left, const void *right)
{
	const struct clinic_memory_site *a = left, *b = right;

	if (a->sum.bytes != b->sum.bytes)
		return a->sum.bytes > b->sum.bytes ? -1 : 1;
	if (!a->sum.allocations_count != !b->sum.allocations_count)
		return a->sum.allocations_count ? -1 : 1;
	return compare_ids(a->sum.stack_id, b->sum.stack_id);
}

/* Joins the rows of a stack from all threads and stages into one. */
static uint32_t join_stacks(struct clinic_memory_stack *stack, uint32_t count)
{
	uint32_t joined = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (joined && !compare_stacks(&stack[joined - 1], &stack[i]))
			add(&stack[joined - 1].sum, &stack[i].sum);
		else
			stack[joined++] = stack[i];
	}
	return joined;
}

static int set_site(struct clinic_session *session, bool has_raw_sites,
		    struct clinic_memory_stack *row)
{
	uint32_t count;
	const struct clinic_stack *stack;
	int err = has_raw_sites ? 0
				: clinic_own_site(session, row->sum.stack_id,
						  &row->sum.stack_id);

	stack = clinic_session_rows(session, CLINIC_STACKS, &count);
	row->frame_id = stack[row->sum.stack_id].frame_id;
	return err;
}

static int add_rows(struct clinic_session *session, bool has_raw_sites,
		    struct clinic_memory *memory)
{
	uint32_t count;
	const struct clinic_allocation *row =
		clinic_session_rows(session, CLINIC_ALLOCATIONS, &count);
	int err = 0;

	for (uint32_t i = 0; !err && i < count; i++) {
		add(&memory->all, &row[i]);
		add(&memory->stage[row[i].stage_id], &row[i]);
		memory->stack[i].sum = row[i];
		err = set_site(session, has_raw_sites, &memory->stack[i]);
	}
	if (err)
		return err;
	if (count)
		qsort(memory->stack, count, sizeof(*memory->stack),
		      compare_stacks);
	memory->stacks_count = join_stacks(memory->stack, count);
	return 0;
}

/* All stacks of a call site have the same innermost frame. */
static void add_sites(struct clinic_memory *memory)
{
	if (memory->stacks_count)
		qsort(memory->stack, memory->stacks_count,
		      sizeof(*memory->stack), compare_by_site);
	for (uint32_t i = 0; i < memory->stacks_count; i++) {
		const struct clinic_memory_stack *stack = &memory->stack[i];
		struct clinic_memory_site *site;

		if (!i || stack->frame_id != stack[-1].frame_id)
			memory->site[memory->sites_count++] =
				(struct clinic_memory_site){
					.sum = {.stack_id =
							stack->sum.stack_id},
					.stack = stack};
		site = &memory->site[memory->sites_count - 1];
		add(&site->sum, &stack->sum);
		site->stacks_count++;
	}
	if (memory->sites_count)
		qsort(memory->site, memory->sites_count, sizeof(*memory->site),
		      compare_sites);
	/* A row that only has frees is no call site. */
	while (memory->sites_count &&
	       !memory->site[memory->sites_count - 1].sum.allocations_count)
		memory->sites_count--;
}

int clinic_memory_sum(struct clinic_session *session, bool has_raw_sites,
		      struct clinic_memory *memory)
{
	int err;
	uint32_t rows_count;
	uint32_t stages_count;

	clinic_session_rows(session, CLINIC_ALLOCATIONS, &rows_count);
	clinic_session_rows(session, CLINIC_STAGES, &stages_count);
	/* One row more is allocated, so that without rows, too, a pointer is
	 * NULL only for lack of memory. */
	*memory = (struct clinic_memory){
		.stage = calloc(stages_count, sizeof(*memory->stage)),
		.stack = calloc(rows_count + 1ul, sizeof(*memory->stack)),
		.site = calloc(rows_count + 1ul, sizeof(*memory->site)),
	};
	if (!memory->stage || !memory->stack || !memory->site)
		return -ENOMEM;
	err = add_rows(session, has_raw_sites, memory);
	if (!err)
		add_sites(memory);
	return err;
}

void clinic_memory_free(struct clinic_memory *memory)
{
	free(memory->stage);
	free(memory->stack);
	free(memory->site);
}

bool clinic_memory_is_observed(const struct clinic_session *session)
{
	return clinic_weight_rows(session, CLINIC_WEIGHT_BYTES) ||
	       clinic_session_get_quality(session)->allocations_observed;
}
