/*
 * Adds up the time between clinic_stage_begin() and clinic_stage_end().
 *
 *	stages:       | "parse"     | "dedup"     | "write"     | free | ...
 *	of all        |  total_ns   |  total_ns   |  total_ns   |
 *
 *	open_stages:  | "dedup"     | "hash"      |
 *	per thread    |  begin_ns   |  begin_ns   | <- depth
 *
 * A name is a literal, so an equal address is an equal name. Texts are compared
 * only with the names of stages that appeared earlier.
 */
#include "bench/stage_time.h"

#include "bench/bench_clock.h"

#include <clinic/stage.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 32

struct stage {
	_Atomic(const char *) name;
	_Atomic uint64_t total_ns;
};

struct open_stage {
	const char *name;
	uint64_t begin_ns;
};

static atomic_bool enabled;
static struct stage stages[STAGES_MAX];
static _Atomic uint64_t lost_count;
static _Thread_local struct open_stage open_stages[DEPTH_MAX];
static _Thread_local size_t depth;

void stage_time_enable(void)
{
	atomic_store(&enabled, true);
}

/*
 * Finds the stage of that name; a new one gets the first free place. NULL: none
 * is free.
 */
static struct stage *find_stage(const char *name)
{
	for (size_t i = 0; i < STAGES_MAX; i++) {
		const char *known = NULL;

		if (atomic_compare_exchange_strong(&stages[i].name, &known,
						   name))
			return &stages[i];
		if (known == name || strcmp(known, name) == 0)
			return &stages[i];
	}
	return NULL;
}

void clinic_harness_stage_begin(const char *name)
{
	if (!atomic_load_explicit(&enabled, memory_order_relaxed))
		return;
	if (depth < DEPTH_MAX)
		open_stages[depth] = (struct open_stage){
			.name = name, .begin_ns = clinic_clock_now_ns()};
	depth++;
}

/* Leaves the thread's innermost stage; returns NULL if it has another name. */
static const struct open_stage *leave_stage(const char *name)
{
	const struct open_stage *open;

	if (depth == 0)
		return NULL;
	if (--depth >= DEPTH_MAX)
		return NULL;
	open = &open_stages[depth];
	return strcmp(open->name, name) == 0 ? open : NULL;
}

void clinic_harness_stage_end(const char *name)
{
	const struct open_stage *open;
	struct stage *stage = NULL;
	uint64_t now_ns;

	if (!atomic_load_explicit(&enabled, memory_order_relaxed))
		return;
	now_ns = clinic_clock_now_ns();
	open = leave_stage(name);
	if (open)
		stage = find_stage(open->name);
	if (stage)
		atomic_fetch_add(&stage->total_ns, now_ns - open->begin_ns);
	else
		atomic_fetch_add(&lost_count, 1);
}

size_t stage_time_count(void)
{
	size_t count = 0;

	while (count < STAGES_MAX && atomic_load(&stages[count].name))
		count++;
	return count;
}

const char *stage_time_name(size_t index)
{
	return atomic_load(&stages[index].name);
}

uint64_t stage_time_take_ns(size_t index)
{
	return atomic_exchange(&stages[index].total_ns, 0);
}

uint64_t stage_time_lost_count(void)
{
	return atomic_load(&lost_count);
}
