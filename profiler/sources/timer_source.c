/* Drains the rings that timers inside the target fill. */
#include "sources/timer_source.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/shared_folder.h"
#include "sources/timer_program.h"
#include "shared_memory/settings.h"
#include "shared_memory/timer_ring.h"
#include "sources/preload_injection.h"

/*
 * Four busy threads at 250 Hz, with stacks of 32 KiB, fill half a ring in 30
 * ms.
 */
#define PERIOD_MS 20

struct timer_source {
	struct clinic_preload_injection injection;
	struct clinic_timer_program *programs;
	uint32_t stack_most;
};

static bool is_known(const struct timer_source *source, const char *name)
{
	for (const struct clinic_timer_program *at = source->programs; at;
	     at = at->next)
		if (!strcmp(at->name, name))
			return true;
	return false;
}

/* Programs of one process are in the order of its execs. */
static void insert_program(struct timer_source *source,
			   struct clinic_timer_program *program)
{
	struct clinic_timer_program **link = &source->programs;

	while (*link && ((*link)->pid < program->pid ||
			 ((*link)->pid == program->pid &&
			  (*link)->number < program->number)))
		link = &(*link)->next;
	program->next = *link;
	*link = program;
}

static void add_program(struct timer_source *source, const char *name)
{
	struct clinic_timer_program *program =
		clinic_timer_program_open(&source->injection.folder, name);

	if (!program)
		return; /* the next scan tries again */
	program->head->stack_most = source->stack_most;
	insert_program(source, program);
}

static int look_at_name(void *state, const char *name)
{
	struct timer_source *source = state;

	if (!is_known(source, name))
		add_program(source, name);
	return 0;
}

static int find_programs(struct timer_source *source)
{
	clinic_handover_receive(&source->injection.folder.door);
	return clinic_shared_folder_each(&source->injection.folder,
					 look_at_name, source);
}

/*
 * Nothing writes to this ring any more: the process has ended, or it went on as
 * another program by exec.
 */
static bool has_ended(const struct clinic_timer_program *program)
{
	if (program->next && program->next->pid == program->pid)
		return true;
	return kill((pid_t)program->pid, 0) && errno == ESRCH;
}

static int drain_all(struct timer_source *source,
		     const struct clinic_timer_receiver *to)
{
	struct clinic_timer_program **link = &source->programs, *program;
	int err = 0;

	while (!err && (program = *link)) {
		/*
		 * This is asked before the drain, so that nothing can be
		 * written after the last one.
		 */
		bool ended = has_ended(program);

		err = clinic_timer_program_drain(program, to);
		if (!ended) {
			link = &program->next;
			continue;
		}
		if (!err)
			err = clinic_timer_program_end(program, to);
		*link = program->next;
		clinic_timer_program_close(program, &source->injection.folder);
	}
	return err;
}

/*
 * until_ns is not needed: each ring is in order of time, and none waits for
 * another.
 */
static int drain(void *state, uint64_t until_ns, clinic_on_event *on_event,
		 void *context)
{
	struct clinic_timer_receiver to = {on_event, context};
	int err = find_programs(state);

	(void)until_ns;
	return err ? err : drain_all(state, &to);
}

static void describe(const void *state, struct clinic_source_facts *facts)
{
	const struct timer_source *source = state;

	*facts = (struct clinic_source_facts){
		.backend = "timer",
		.event = "thread-cpu-timer",
		.kernel_visible = true,
		.ring_bytes = TIMER_RING_BYTES,
		.stack_bytes = source->stack_most,
	};
}

static void read_unseen(const void *state, struct unseen_roll *unseen)
{
	const struct timer_source *source = state;

	clinic_preload_injection_unseen(&source->injection, unseen);
}

static unsigned period_ms(const void *state)
{
	(void)state;
	return PERIOD_MS;
}

static void set_depth(void *state, bool is_deep)
{
	struct timer_source *source = state;

	source->stack_most = is_deep ? CLINIC_STACK_BYTES_DEEP
				     : CLINIC_STACK_BYTES;
	for (struct clinic_timer_program *at = source->programs; at;
	     at = at->next)
		at->head->stack_most = source->stack_most;
}

static void stop(void *state)
{
	struct timer_source *source = state;

	for (struct clinic_timer_program *at = source->programs; at;
	     at = at->next)
		at->head->is_stopped = 1;
}

static void close_source(void *state)
{
	struct timer_source *source = state;

	while (source->programs) {
		struct clinic_timer_program *next = source->programs->next;

		clinic_timer_program_close(source->programs,
					   &source->injection.folder);
		source->programs = next;
	}
	clinic_preload_injection_close(&source->injection);
	free(source);
}

int clinic_timer_source_open(const struct clinic_timer_plan *plan,
			     struct clinic_source *source)
{
	struct timer_source *opened = calloc(1, sizeof(*opened));
	int err;

	if (!opened)
		return -ENOMEM;
	opened->stack_most = CLINIC_STACK_BYTES_DEEP;
	err = clinic_preload_injection_open(&opened->injection, plan->preload,
					    "clinic-",
					    SETTING_SAMPLER_HANDOVER);
	if (!err)
		err = clinic_preload_injection_set(
			&opened->injection, SETTING_SAMPLER, "%u:%s",
			plan->frequency_hz, opened->injection.folder.path);
	if (err) {
		close_source(opened);
		return err;
	}
	*source = (struct clinic_source){
		.state = opened,
		.describe = describe,
		.drain = drain,
		.period_ms = period_ms,
		.set_depth = set_depth,
		.unseen = read_unseen,
		.stop = stop,
		.close = close_source,
	};
	return 0;
}

char *const *clinic_timer_source_settings(const struct clinic_source *source)
{
	const struct timer_source *opened = source->state;

	return opened->injection.settings;
}
