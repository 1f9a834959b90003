/* Keeps the budgets of stages, and ends a process that exceeds one. */
#include "preload/alloc/alloc_budget.h"
#include "preload/alloc/track_plan.h"
#include "preload/process_end.h"
#include "preload/stderr_text.h"
#include "preload/stack/spare_stack.h"
#include "preload/stack/stack_tables.h"
#include "preload/stage_table.h"
#include "preload/thread_counts.h"
#include <clinic/assert_alloc.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define EXPORT      __attribute__((visibility("default")))
#define BUDGETS_MAX 32u

struct budget {
	char stage[STAGE_NAME_BYTES];
	uint64_t count;
	uint64_t bytes;
};

static struct budget budgets[BUDGETS_MAX];
static _Atomic uint32_t budgets_count;
static atomic_flag adding = ATOMIC_FLAG_INIT;
static atomic_flag is_breached = ATOMIC_FLAG_INIT;
static void (*save)(void);

void budget_open(void (*on_breach)(void))
{
	save = on_breach;
}

static bool add_budget(const char *stage, uint64_t count, uint64_t bytes)
{
	uint32_t at = atomic_load(&budgets_count);
	struct budget *budget = &budgets[at];

	if (at == BUDGETS_MAX)
		return false;
	strncpy(budget->stage, stage, STAGE_NAME_BYTES - 1);
	budget->count = count;
	budget->bytes = bytes;
	atomic_store_explicit(&budgets_count, at + 1, memory_order_release);
	return true;
}

EXPORT void clinic_preload_alloc_budget(const char *stage, uint64_t count,
					uint64_t bytes)
{
	struct thread_block *self = thread_self();
	bool is_added;

	thread_pause_counting(self);
	stack_tables_prepare();
	while (atomic_flag_test_and_set(&adding))
		continue; /* another thread adds a budget: a few instructions */
	is_added = add_budget(stage, count, bytes);
	atomic_flag_clear(&adding);
	if (!is_added)
		stderr_text("clinic: there can be 32 allocation budgets; those "
			    "that follow are not checked\n");
	track_watch_budgets();
	thread_resume_counting(self);
}

void budget_restart(void)
{
	atomic_flag_clear(&adding);
}

void budget_forbid(const char *stages)
{
	while (*stages) {
		size_t length = strcspn(stages, ",");
		char stage[STAGE_NAME_BYTES] = "";

		memcpy(stage, stages,
		       length < sizeof(stage) ? length : sizeof(stage) - 1);
		clinic_preload_alloc_budget(stage, 0, 0);
		stages += length + (stages[length] == ',');
	}
}

void budget_begin(struct thread_block *self, uint16_t stage)
{
	self->uses[stage] = (struct stage_use){0};
}

/* If a stage has several budgets, the newest one is valid. */
static const struct budget *budget_of(const struct stage_table *table,
				      uint16_t stage)
{
	uint32_t at =
		atomic_load_explicit(&budgets_count, memory_order_acquire);

	while (at--)
		if (stage_named(table, stage, budgets[at].stage))
			return &budgets[at];
	return NULL;
}

static void print_rule(const struct budget *budget, size_t bytes)
{
	stderr_text("clinic: stage \"");
	stderr_text(budget->stage);
	if (budget->count == 0) {
		stderr_text("\" must not allocate, and asked for ");
		stderr_count(bytes);
		stderr_text(" bytes at\n");
		return;
	}
	stderr_text("\" may make ");
	stderr_count(budget->count);
	stderr_text(" allocations, of ");
	stderr_count(budget->bytes);
	stderr_text(" bytes in total, in each run; the first allocation "
		    "beyond that asked for ");
	stderr_count(bytes);
	stderr_text(" bytes at\n");
}

struct breach {
	const struct budget *budget;
	size_t bytes;
	const struct stack_entry *entry;
};

static void end_by_breach(void *ending)
{
	const struct breach *breach = ending;
	struct stack_walker *walker;
	/* Static, because it is large; only one thread ever comes here. */
	static struct stack stack;

	print_rule(breach->budget, breach->bytes);
	walker = stack_walker_new(breach->entry);
	if (walker)
		stack_walk(walker, breach->entry, &stack);
	stderr_stack(&stack);
	save();
	process_end_now(CLINIC_ALLOC_EXIT_CODE);
}

/*
 * Only the first thread that comes here reports its breach. Any other one waits
 * until the process ends.
 */
static void report_breach(struct thread_block *self, struct breach *breach)
{
	while (atomic_flag_test_and_set(&is_breached))
		pause();
	thread_pause_counting(self);
	spare_stack_call(end_by_breach, breach);
}

void budget_allocation(struct thread_block *self, size_t bytes,
		       const struct stack_entry *entry)
{
	const struct stage_table *table = thread_stages();
	uint16_t stage = self->stage;

	for (; stage != STAGE_OUTSIDE; stage = table->nodes[stage].parent) {
		const struct budget *budget = budget_of(table, stage);
		struct stage_use *use = &self->uses[stage];

		if (!budget)
			continue;
		use->count++;
		use->bytes += bytes;
		if (use->count > budget->count || use->bytes > budget->bytes)
			report_breach(self,
				      &(struct breach){budget, bytes, entry});
	}
}
