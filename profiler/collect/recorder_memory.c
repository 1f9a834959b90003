/*
 * Forgets stacks, modules, threads and texts that no row needs any more.
 *
 * A recording of days would otherwise reach the limits of its tables.
 *
 *	rings, sites, running threads ---- first visit: which numbers are used
 *	          |                                |
 *	          |                     the others are forgotten,
 *	          |                     the used ones get new numbers
 *	          +---------------------- second visit: the new numbers
 */
#include "collect/recorder.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/recorder_parts.h"
#include "unwind/module.h"

/* 32 MiB with their index; a large program has a hundred thousand. */
#define STACKS_AT_FIRST ((uint32_t)1 << 20)
/* Each has an open file and a table; a browser maps some hundred. */
#define MODULES_AT_FIRST ((uint32_t)1 << 9)
/* 4 MiB each. */
#define THREADS_AT_FIRST ((uint32_t)1 << 17)
#define STATES_AT_FIRST  ((uint32_t)1 << 15)
#define TEXTS_AT_FIRST   ((uint32_t)1 << 18)

/* Stands for all threads that were forgotten. */
#define ENDED_THREADS "[ended threads]"

void clinic_recorder_limits_start(struct clinic_recorder_limits *limits)
{
	*limits = (struct clinic_recorder_limits){
		.stacks_most = STACKS_AT_FIRST,
		.modules_most = MODULES_AT_FIRST,
		.threads_most = THREADS_AT_FIRST,
		.states_most = STATES_AT_FIRST,
		.texts_most = TEXTS_AT_FIRST,
	};
}

/* The limit leaves as much room for new ones as is in use. */
static uint32_t next_limit(uint32_t count, uint32_t at_first)
{
	return count > at_first / 2 ? 2 * count : at_first;
}

static void keep_number(void *context, uint32_t *number)
{
	uint32_t *kept = context;

	kept[*number] = 1;
}

static void renumber(void *context, uint32_t *number)
{
	const uint32_t *kept = context;

	*number = kept[*number];
}

/* A visit of all threads that have not ended. */
struct each_number {
	clinic_on_number *on_number;
	void *context;
};

static int each_stack_of_thread(void *context,
				struct clinic_thread_state *thread)
{
	const struct each_number *each = context;

	each->on_number(each->context, &thread->off_cpu.last_stack_id);
	each->on_number(each->context, &thread->off_cpu.departure_stack_id);
	each->on_number(each->context, &thread->off_cpu.wait.stack_id);
	return 0;
}

/* Samples, waits, call sites and threads refer to stacks. */
static void each_stack(struct clinic_recorder *recorder,
		       clinic_on_number *on_number, void *context)
{
	struct each_number each = {on_number, context};
	size_t sites_count;
	struct clinic_counted_site *sites =
		clinic_counted_sites(recorder->numbers, &sites_count);

	for (size_t i = 0; i < sites_count; i++)
		on_number(context, &sites[i].stack_id);
	clinic_pending_samples_stacks(&recorder->pending, on_number, context);
	clinic_ended_arenas_stacks(recorder->ended, on_number, context);
	(void)clinic_processes_visit(recorder->processes, each_stack_of_thread,
				     &each);
}

static void renumber_module(void *context, uint32_t *number)
{
	const uint32_t *kept = context;

	*number = kept[*number] - 1;
}

/*
 * A module is needed as long as a process has it mapped, or a stack that was
 * kept leads through it.
 */
static int forget_modules(struct clinic_recorder *recorder)
{
	size_t count = clinic_modules_count(recorder->modules);
	uint32_t *kept = calloc(count + 1, sizeof(*kept));

	if (!kept)
		return -ENOMEM;
	clinic_address_stacks_modules(recorder->stacks, keep_number, kept);
	clinic_modules_forget(recorder->modules, kept);
	clinic_address_stacks_modules(recorder->stacks, renumber_module, kept);
	clinic_naming_forget_modules(recorder->naming, kept);
	free(kept);
	count = clinic_modules_count(recorder->modules);
	recorder->limits.modules_most =
		next_limit((uint32_t)count, MODULES_AT_FIRST);
	return clinic_address_stacks_reindex(recorder->stacks);
}

/* Which modules are needed is known only when unused stacks are forgotten. */
static int forget_stacks_and_modules(struct clinic_recorder *recorder)
{
	uint32_t count;
	uint32_t *kept;
	int err;

	(void)clinic_address_stacks_rows(recorder->stacks, &count);
	if (count < recorder->limits.stacks_most &&
	    clinic_modules_count(recorder->modules) <
		    recorder->limits.modules_most)
		return 0;
	kept = calloc(count, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	each_stack(recorder, keep_number, kept);
	clinic_address_stacks_compact(recorder->stacks, kept);
	each_stack(recorder, renumber, kept);
	free(kept);
	clinic_stack_walker_forget(recorder->walker);
	clinic_naming_forget(recorder->naming);
	(void)clinic_address_stacks_rows(recorder->stacks, &count);
	recorder->limits.stacks_most = next_limit(count, STACKS_AT_FIRST);
	err = forget_modules(recorder);
	return err ? err : clinic_session_forget_stacks(recorder->session);
}

static int each_row_of_thread(void *context, struct clinic_thread_state *thread)
{
	const struct each_number *each = context;

	each->on_number(each->context, &thread->session_id);
	return 0;
}

static void each_running_thread(struct clinic_recorder *recorder,
				clinic_on_number *on_number, void *context)
{
	struct each_number each = {on_number, context};

	(void)clinic_processes_visit(recorder->processes, each_row_of_thread,
				     &each);
}

/* Samples, waits, changes and running threads refer to rows of threads. */
static void each_thread(struct clinic_recorder *recorder,
			clinic_on_number *on_number, void *context)
{
	clinic_pending_samples_threads(&recorder->pending, on_number, context);
	clinic_counted_changes_threads(recorder->changes, on_number, context);
	each_running_thread(recorder, on_number, context);
}

static void keep_running(void *context, uint32_t *number)
{
	uint32_t *kept = context;

	kept[*number] = 2;
}

/* Drops the oldest ended threads, until half of the limit is free. The oldest
 * are at the front, because rows are numbered as threads appear. */
static void drop_oldest(uint32_t *kept, uint32_t count, uint32_t most)
{
	uint32_t kept_count = 0;

	for (uint32_t id = 0; id < count; id++)
		kept_count += kept[id] != 0;
	for (uint32_t id = 1; id < count && kept_count > most; id++)
		if (kept[id] == 1) {
			kept[id] = 0;
			kept_count--;
		}
}

static int fold_threads(struct clinic_recorder *recorder, uint32_t *kept,
			uint32_t count, uint32_t ended)
{
	int err;

	each_thread(recorder, keep_number, kept);
	each_running_thread(recorder, keep_running, kept);
	kept[ended] = 2;
	drop_oldest(kept, count, THREADS_AT_FIRST / 2);
	err = clinic_session_forget_threads(recorder->session, kept, ended);
	if (!err)
		each_thread(recorder, renumber, kept);
	return err;
}

static int forget_threads(struct clinic_recorder *recorder)
{
	struct clinic_session *session = recorder->session;
	uint32_t before, count, lifetimes_count, ended;
	uint32_t *kept;
	int err;

	(void)clinic_session_rows(session, CLINIC_THREADS, &count);
	(void)clinic_session_rows(session, CLINIC_LIFETIMES, &lifetimes_count);
	if (count < recorder->limits.threads_most &&
	    lifetimes_count < recorder->limits.threads_most)
		return 0;
	err = clinic_session_thread_id(session, 0, 0, ENDED_THREADS, &ended);
	if (err)
		return err;
	(void)clinic_session_rows(session, CLINIC_THREADS, &before);
	kept = calloc(before, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	clinic_pending_samples_join(&recorder->pending, session);
	err = fold_threads(recorder, kept, before, ended);
	free(kept);
	(void)clinic_session_rows(session, CLINIC_THREADS, &count);
	recorder->folded_threads_count += before - count;
	recorder->limits.threads_most = next_limit(count, THREADS_AT_FIRST);
	return err;
}

/* Some backends do not report ends of threads: then /proc is read. */
static void forget_states(struct clinic_recorder *recorder)
{
	if (clinic_processes_states_count(recorder->processes) <
	    recorder->limits.states_most)
		return;
	clinic_processes_forget_ended(recorder->processes);
	recorder->limits.states_most =
		next_limit(clinic_processes_states_count(recorder->processes),
			   STATES_AT_FIRST);
}

static void each_text(struct clinic_recorder *recorder,
		      clinic_on_number *on_number, void *context)
{
	clinic_counted_numbers_texts(recorder->numbers, on_number, context);
	clinic_ended_arenas_texts(recorder->ended, on_number, context);
}

static int forget_texts(struct clinic_recorder *recorder)
{
	uint32_t count = clinic_session_texts_count(recorder->session);
	uint32_t *kept;
	int err;

	if (count < recorder->limits.texts_most)
		return 0;
	kept = calloc(count, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	each_text(recorder, keep_number, kept);
	err = clinic_session_forget_texts(recorder->session, kept);
	if (!err)
		each_text(recorder, renumber, kept);
	free(kept);
	recorder->limits.texts_most = next_limit(
		clinic_session_texts_count(recorder->session), TEXTS_AT_FIRST);
	return err;
}

int clinic_recorder_compact(struct clinic_recorder *recorder)
{
	int err = forget_stacks_and_modules(recorder);

	forget_states(recorder);
	if (!err)
		err = forget_threads(recorder);
	return err ? err : forget_texts(recorder);
}
