#include "collect/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/process_status.h"
#include "collect/processes.h"
#include "collect/raw_stacks.h"
#include "collect/event_source.h"
#include "collect/stage_changes.h"
#include "session/session.h"
#include "unwind/address_space.h"

/*
 * Deeper than any stack copy can hold (a frame takes at least 16 bytes): what
 * truncates a walk is never this.
 */
#define FRAMES_MAX (CLINIC_STACK_BYTES_DEEP / 16)

/* Of metrics at one time: a status costs some 30 us to read. */
#define PROCESSES_MEASURED_MAX 8

struct clinic_recorder {
	struct clinic_session *session;
	struct clinic_modules *modules;
	struct clinic_processes *processes;
	struct clinic_raw_stacks *stacks;
	struct clinic_unwinder *unwinder;
	uint64_t frames[FRAMES_MAX];

	/* As in the session, but for stack_id, which is of `stacks`. */
	struct sample_list {
		struct clinic_sample *rows;
		size_t count, room;
	} samples, waits;

	struct clinic_stage_changes stages;

	/* The last user stack, outermost first; of no space: none. */
	struct last_walk {
		const struct clinic_space *space;
		size_t levels_count;
		uint64_t addresses[FRAMES_MAX];
		uint32_t ids[FRAMES_MAX];
	} last;

	uint64_t weight_ns;
	uint64_t lost_count;
	uint64_t throttled_count;
	uint64_t truths_count[CLINIC_UNWIND_GUESSED + 1];
	uint64_t ends_count[CLINIC_ENDS];
	uint64_t short_count;
	uint32_t measured_pid;      /* the last one */
	uint64_t approximate_count; /* waits */
	uint64_t switchless_count;
	bool watches_waits;
};

int clinic_recorder_new(struct clinic_session *session,
			struct clinic_recorder **recorder)
{
	struct clinic_recorder *made = calloc(1, sizeof(*made));
	int err = made ? 0 : -ENOMEM;

	if (!err)
		made->session = session;
	if (!err)
		err = clinic_modules_new(&made->modules);
	if (!err)
		err = clinic_processes_new(made->modules, &made->processes);
	if (!err)
		err = clinic_raw_stacks_new(&made->stacks);
	if (!err) {
		made->unwinder = calloc(1, sizeof(*made->unwinder));
		err = made->unwinder ? 0 : -ENOMEM;
	}
	if (err) {
		clinic_recorder_free(made);
		return err;
	}
	*recorder = made;
	return 0;
}

void clinic_recorder_free(struct clinic_recorder *recorder)
{
	if (!recorder)
		return;
	clinic_processes_free(recorder->processes);
	clinic_modules_free(recorder->modules);
	clinic_raw_stacks_free(recorder->stacks);
	free(recorder->unwinder);
	free(recorder->samples.rows);
	free(recorder->waits.rows);
	clinic_stage_changes_free(&recorder->stages);
	free(recorder);
}

int clinic_recorder_watch(struct clinic_recorder *recorder, uint32_t pid)
{
	return clinic_processes_add(recorder->processes, pid);
}

static int append(struct sample_list *list, const struct clinic_sample *row)
{
	if (list->count == list->room) {
		size_t room = list->room * 2 + 4096;
		struct clinic_sample *grown =
			realloc(list->rows, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->rows = grown;
		list->room = room;
	}
	list->rows[list->count++] = *row;
	return 0;
}

static int keep_sample(struct clinic_recorder *recorder,
		       const struct clinic_sample *sample)
{
	recorder->weight_ns += sample->weight_ns;
	return append(&recorder->samples, sample);
}

static struct clinic_raw_frame locate(const struct clinic_space *space,
				      uint64_t address)
{
	struct clinic_place place;

	if (clinic_space_find(space, address, &place))
		return (struct clinic_raw_frame){.address = address,
						 .module = CLINIC_RAW_NOWHERE};
	return (struct clinic_raw_frame){
		.address = place.file_offset,
		.module = (uint32_t)clinic_module_index(place.module),
	};
}

/*
 * Most of a stack is as it was one sample ago, from its outermost frame on:
 * those levels need not be looked up again.
 */
static size_t levels_as_before(const struct clinic_recorder *recorder,
			       const struct clinic_space *space,
			       const struct clinic_unwound *walk)
{
	const struct last_walk *last = &recorder->last;
	size_t level = 0;

	if (last->space != space)
		return 0;
	while (level < last->levels_count && level < walk->frames_count &&
	       last->addresses[level] ==
		       walk->frames[walk->frames_count - 1 - level])
		level++;
	return level;
}

static int push_user(struct clinic_recorder *recorder,
		     const struct clinic_space *space,
		     const struct clinic_unwound *walk, uint32_t *stack_id)
{
	struct last_walk *last = &recorder->last;
	size_t level = levels_as_before(recorder, space, walk);
	int err = 0;

	if (level)
		*stack_id = last->ids[level - 1];
	for (; !err && level < walk->frames_count; level++) {
		uint64_t address = walk->frames[walk->frames_count - 1 - level];
		struct clinic_raw_frame frame = locate(space, address);

		frame.parent = *stack_id;
		err = clinic_raw_stacks_push(recorder->stacks, &frame,
					     stack_id);
		last->addresses[level] = address;
		last->ids[level] = *stack_id;
	}
	last->space = space;
	last->levels_count = err ? 0 : walk->frames_count;
	return err;
}

/* All but the innermost are return addresses: one back is in the call. */
static int push_kernel(struct clinic_recorder *recorder,
		       const struct clinic_event_sample *sample,
		       uint32_t *stack_id)
{
	int err = 0;

	for (size_t i = sample->kernel_count; !err && i-- > 0;) {
		struct clinic_raw_frame frame = {
			.address = sample->kernel_chain[i] - (i > 0),
			.module = CLINIC_RAW_KERNEL,
			.parent = *stack_id,
		};

		err = clinic_raw_stacks_push(recorder->stacks, &frame,
					     stack_id);
	}
	return err;
}

/*
 * A task on its way out has no user stack any more: then the kernel's
 * frames are all there is, and complete.
 */
static bool has_user_part(const struct clinic_event_sample *sample)
{
	return sample->registers || sample->user_count;
}

static void unwind(struct clinic_recorder *recorder,
		   const struct clinic_space *space,
		   const struct clinic_event_sample *sample,
		   struct clinic_unwound *walk)
{
	const struct clinic_registers *registers = sample->registers;
	struct clinic_unwind_moment moment = {
		.registers = registers,
		.stack_start = registers ? registers->value[CLINIC_REGISTER_SP]
					 : 0,
		.stack = sample->stack,
		.stack_bytes = sample->stack ? sample->stack_bytes : 0,
		.chain = sample->user_chain,
		.chain_count = sample->user_count,
	};

	clinic_unwind(recorder->unwinder, space, &moment, walk);
}

/* Code that was mapped without our being told, or while records were lost. */
static void unwind_known(struct clinic_recorder *recorder,
			 struct clinic_process *process,
			 const struct clinic_event *event,
			 struct clinic_unwound *walk)
{
	unwind(recorder, process->space, &event->sample, walk);
	if (walk->end == CLINIC_END_NO_MAPPING &&
	    clinic_processes_reread(process, event->time_ns)) {
		recorder->last.space = NULL;
		unwind(recorder, process->space, &event->sample, walk);
	}
}

static void count_walk(struct clinic_recorder *recorder,
		       const struct clinic_unwound *walk)
{
	recorder->truths_count[walk->truth]++;
	recorder->ends_count[walk->end]++;
	/* What would have done tells how much to copy from now on. */
	recorder->short_count += walk->end == CLINIC_END_STACK_SHORT ||
				 walk->stack_read_bytes > CLINIC_STACK_BYTES;
}

static uint16_t flags_of(const struct clinic_unwound *walk)
{
	static const uint16_t of_truth[] = {
		[CLINIC_UNWIND_COMPLETE] = 0,
		[CLINIC_UNWIND_TRUNCATED] = CLINIC_SAMPLE_TRUNCATED,
		[CLINIC_UNWIND_GUESSED] = CLINIC_SAMPLE_GUESSED,
	};

	return walk->end == CLINIC_END_ALTERNATE_STACK
		       ? of_truth[walk->truth] | CLINIC_SAMPLE_ALTERNATE_STACK
		       : of_truth[walk->truth];
}

static int session_thread(struct clinic_recorder *recorder,
			  struct clinic_thread_state *thread)
{
	if (thread->session_id)
		return 0;
	return clinic_session_thread_id(recorder->session, thread->process->pid,
					thread->tid, thread->name,
					&thread->session_id);
}

static int find_thread(struct clinic_recorder *recorder,
		       const struct clinic_event *event,
		       struct clinic_thread_state **thread)
{
	int err = clinic_processes_thread(recorder->processes, event->pid,
					  event->tid, thread);

	return err ? err : session_thread(recorder, *thread);
}

/* A tick, or the moment before the thread leaves the CPU. */
static int take_stack(struct clinic_recorder *recorder,
		      const struct clinic_event *event)
{
	const struct clinic_event_sample *sample = &event->sample;
	bool is_departure = event->kind == CLINIC_EVENT_SWITCH_STACK;
	struct clinic_unwound walk = {.frames = recorder->frames,
				      .frames_max = FRAMES_MAX};
	struct clinic_sample row = {.time_ns = event->time_ns,
				    .weight_ns = sample->weight_ns,
				    .cpu = (uint16_t)sample->cpu};
	struct clinic_thread_state *thread;
	int err = find_thread(recorder, event, &thread);

	if (err)
		return err;
	row.thread_id = thread->session_id;
	if (sample->in_kernel)
		row.flags |= CLINIC_SAMPLE_KERNEL;
	if (has_user_part(sample)) {
		unwind_known(recorder, thread->process, event, &walk);
		if (!is_departure)
			count_walk(recorder, &walk);
		row.flags |= flags_of(&walk);
		err = push_user(recorder, thread->process->space, &walk,
				&row.stack_id);
	}
	if (!err)
		err = push_kernel(recorder, sample, &row.stack_id);
	if (err)
		return err;
	/* Every wait begins in the kernel: that would say nothing. */
	clinic_off_cpu_stack(&thread->off_cpu, row.stack_id,
			     row.flags & (uint16_t)~CLINIC_SAMPLE_KERNEL,
			     is_departure);
	return is_departure ? 0 : keep_sample(recorder, &row);
}

static int keep_wait(struct clinic_recorder *recorder,
		     const struct clinic_thread_state *thread,
		     struct clinic_sample *wait)
{
	wait->thread_id = thread->session_id;
	recorder->approximate_count +=
		!!(wait->flags & CLINIC_SAMPLE_APPROXIMATE);
	return append(&recorder->waits, wait);
}

static int take_switch(struct clinic_recorder *recorder,
		       const struct clinic_event *event)
{
	struct clinic_thread_state *thread;
	struct clinic_sample wait;
	int err = find_thread(recorder, event, &thread);

	if (err || !clinic_off_cpu_change(&thread->off_cpu, event, &wait))
		return err;
	return keep_wait(recorder, thread, &wait);
}

/* What was watched of it is over: its last wait, and how long that was. */
static int end_watching(struct clinic_recorder *recorder,
			struct clinic_thread_state *thread, uint64_t time_ns)
{
	struct clinic_lifetime life;
	struct clinic_sample wait;
	int err;

	if (thread->off_cpu.state == CLINIC_THREAD_UNWATCHED)
		return 0;
	err = session_thread(recorder, thread);
	if (err)
		return err;
	life = (struct clinic_lifetime){
		.watched_ns = time_ns > thread->off_cpu.began_ns
				      ? time_ns - thread->off_cpu.began_ns
				      : 0,
		.thread_id = thread->session_id,
	};
	if (clinic_off_cpu_end(&thread->off_cpu, time_ns, &wait))
		err = keep_wait(recorder, thread, &wait);
	return err ? err
		   : clinic_session_add_lifetime(recorder->session, &life);
}

/* One that is born, or execs: then it runs, and did not interest before. */
static int begin_watching(struct clinic_recorder *recorder,
			  const struct clinic_event *event)
{
	struct clinic_thread_state *thread;
	int err = clinic_processes_thread(recorder->processes, event->pid,
					  event->tid, &thread);

	if (err)
		return err;
	if (event->kind == CLINIC_EVENT_FORK)
		clinic_off_cpu_born(&thread->off_cpu, event->time_ns);
	else
		clinic_off_cpu_begin(&thread->off_cpu, event->time_ns,
				     CLINIC_THREAD_ON_CPU);
	return 0;
}

static int take_exit(struct clinic_recorder *recorder,
		     const struct clinic_event *event)
{
	struct clinic_thread_state *thread;
	int err = 0;

	if (recorder->watches_waits)
		err = clinic_processes_thread(recorder->processes, event->pid,
					      event->tid, &thread);
	if (!err && recorder->watches_waits)
		err = end_watching(recorder, thread, event->time_ns);
	return err ? err : clinic_processes_follow(recorder->processes, event);
}

static int take_birth_or_exec(struct clinic_recorder *recorder,
			      const struct clinic_event *event)
{
	int err = clinic_processes_follow(recorder->processes, event);

	if (err || !recorder->watches_waits ||
	    (event->kind == CLINIC_EVENT_NAME && !event->name.is_exec))
		return err;
	return begin_watching(recorder, event);
}

static int follow(struct clinic_recorder *recorder,
		  const struct clinic_event *event)
{
	recorder->last.space = NULL; /* or what is mapped there */
	if (event->kind == CLINIC_EVENT_EXIT)
		return take_exit(recorder, event);
	if (event->kind == CLINIC_EVENT_MAPPING)
		return clinic_processes_follow(recorder->processes, event);
	return take_birth_or_exec(recorder, event);
}

static int take_stage(struct clinic_recorder *recorder,
		      const struct clinic_event *event)
{
	uint32_t stage_id = 0;
	int err = 0;

	if (*event->stage)
		err = clinic_session_stage_id(recorder->session, event->stage,
					      &stage_id);
	return err ? err
		   : clinic_stage_changes_add(&recorder->stages, event->tid,
					      event->time_ns, stage_id);
}

int clinic_recorder_take_stages(void *recorder,
				const struct clinic_event *event)
{
	if (event->kind != CLINIC_EVENT_STAGE &&
	    event->kind != CLINIC_EVENT_LOST)
		return 0;
	return clinic_recorder_take(recorder, event);
}

int clinic_recorder_take(void *context, const struct clinic_event *event)
{
	struct clinic_recorder *recorder = context;

	switch (event->kind) {
	case CLINIC_EVENT_SAMPLE:
	case CLINIC_EVENT_SWITCH_STACK:
		return take_stack(recorder, event);
	case CLINIC_EVENT_SWITCH:
		return take_switch(recorder, event);
	case CLINIC_EVENT_STAGE:
		return take_stage(recorder, event);
	case CLINIC_EVENT_LOST:
		recorder->lost_count += event->lost_count;
		return 0;
	case CLINIC_EVENT_THROTTLE:
		recorder->throttled_count++;
		return 0;
	case CLINIC_EVENT_MAPPING:
	case CLINIC_EVENT_NAME:
	case CLINIC_EVENT_FORK:
	case CLINIC_EVENT_EXIT:
		return follow(recorder, event);
	}
	return 0;
}

struct moment {
	struct clinic_recorder *recorder;
	uint64_t time_ns;
};

static int begin_one(void *context, struct clinic_thread_state *thread)
{
	const struct moment *moment = context;

	clinic_off_cpu_begin(&thread->off_cpu, moment->time_ns,
			     CLINIC_THREAD_SILENT);
	return 0;
}

static int end_one(void *context, struct clinic_thread_state *thread)
{
	const struct moment *moment = context;

	return end_watching(moment->recorder, thread, moment->time_ns);
}

int clinic_recorder_watch_waits(struct clinic_recorder *recorder,
				bool is_running, uint64_t began_ns)
{
	struct moment moment = {recorder, began_ns};

	recorder->watches_waits = true;
	return is_running ? clinic_processes_visit(recorder->processes,
						   begin_one, &moment)
			  : 0;
}

int clinic_recorder_end_waits(struct clinic_recorder *recorder,
			      uint64_t ended_ns)
{
	struct moment moment = {recorder, ended_ns};

	return clinic_processes_visit(recorder->processes, end_one, &moment);
}

int clinic_recorder_measure(struct clinic_recorder *recorder, uint64_t now_ns)
{
	struct clinic_metric metric;
	uint32_t pid = recorder->measured_pid;

	for (int i = 0; i < PROCESSES_MEASURED_MAX; i++) {
		int err;

		pid = clinic_processes_next(recorder->processes, pid);
		if (!pid)
			break;
		if (clinic_process_status((pid_t)pid, &metric)) {
			clinic_processes_miss(recorder->processes, pid);
			recorder->last.space = NULL;
			continue;
		}
		metric.time_ns = now_ns;
		recorder->switchless_count += metric.threads_count >
					      CLINIC_SWITCHES_THREADS_MAX;
		err = clinic_session_add_metric(recorder->session, &metric);
		if (err)
			return err;
	}
	recorder->measured_pid = pid;
	return 0;
}

void clinic_recorder_account(const struct clinic_recorder *recorder,
			     uint32_t except, struct clinic_cpu_time *time)
{
	uint32_t pid = 0;

	while ((pid = clinic_processes_next(recorder->processes, pid))) {
		struct clinic_process_times times;

		if (pid == except || clinic_process_times((pid_t)pid, &times))
			continue;
		time->all_ns += times.own_ns + times.waited_ns;
		time->kernel_ns += times.own_kernel_ns + times.waited_kernel_ns;
	}
}

int clinic_recorder_add_unsampled(struct clinic_recorder *recorder,
				  uint32_t pid, uint64_t now_ns,
				  uint64_t weight_ns)
{
	struct clinic_raw_frame frame = {.module = CLINIC_RAW_UNSAMPLED};
	struct clinic_sample row = {.time_ns = now_ns,
				    .weight_ns = weight_ns,
				    .flags = CLINIC_SAMPLE_KERNEL};
	struct clinic_thread_state *thread;
	int err;

	err = clinic_processes_thread(recorder->processes, pid, pid, &thread);
	if (!err)
		err = session_thread(recorder, thread);
	if (!err)
		err = clinic_raw_stacks_push(recorder->stacks, &frame,
					     &row.stack_id);
	if (err)
		return err;
	row.thread_id = thread->session_id;
	return keep_sample(recorder, &row);
}

static int compare_times(const void *left, const void *right)
{
	const struct clinic_sample *a = left, *b = right;

	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

static void set_stages_of(const struct clinic_recorder *recorder,
			  struct sample_list *list,
			  const struct clinic_thread *threads)
{
	for (size_t i = 0; i < list->count; i++) {
		struct clinic_sample *row = &list->rows[i];

		row->stage_id = clinic_stage_changes_at(
			&recorder->stages, threads[row->thread_id].tid,
			row->time_ns);
	}
}

static void set_stages(struct clinic_recorder *recorder)
{
	uint32_t count;
	const struct clinic_thread *threads =
		clinic_session_rows(recorder->session, CLINIC_THREADS, &count);

	if (!recorder->stages.count)
		return;
	clinic_stage_changes_sort(&recorder->stages);
	set_stages_of(recorder, &recorder->samples, threads);
	set_stages_of(recorder, &recorder->waits, threads);
}

static int move_rows(struct clinic_session *session, struct sample_list *list,
		     const uint32_t *stack_ids,
		     int (*add)(struct clinic_session *session,
				const struct clinic_sample *row))
{
	int err = 0;

	/* Threads with rings of their own come one after the other; a wait is
	 * told at its end, and stands at its beginning. */
	if (list->count)
		qsort(list->rows, list->count, sizeof(*list->rows),
		      compare_times);
	for (size_t i = 0; !err && i < list->count; i++) {
		struct clinic_sample *row = &list->rows[i];

		row->stack_id = stack_ids ? stack_ids[row->stack_id] : 0;
		err = add(session, row);
	}
	list->count = 0;
	return err;
}

static int move_all(struct clinic_recorder *recorder, const uint32_t *stack_ids)
{
	int err = move_rows(recorder->session, &recorder->samples, stack_ids,
			    clinic_session_add_sample);

	return err ? err
		   : move_rows(recorder->session, &recorder->waits, stack_ids,
			       clinic_session_add_wait);
}

int clinic_recorder_finish(struct clinic_recorder *recorder,
			   const struct clinic_naming_options *naming,
			   struct clinic_naming_facts *facts)
{
	uint32_t *stack_ids = NULL;
	int naming_err, err;

	set_stages(recorder);
	naming_err = clinic_naming_run(naming, recorder->modules,
				       recorder->stacks, recorder->session,
				       &stack_ids, facts);
	err = move_all(recorder, stack_ids);
	free(stack_ids);
	return naming_err ? naming_err : err;
}

void clinic_recorder_counts_get(const struct clinic_recorder *recorder,
				struct clinic_recorder_counts *counts)
{
	*counts = (struct clinic_recorder_counts){
		.samples_count = recorder->samples.count,
		.switchless_count = recorder->switchless_count,
		.waits_count = recorder->waits.count,
		.approximate_count = recorder->approximate_count,
		.weight_ns = recorder->weight_ns,
		.lost_count = recorder->lost_count,
		.throttled_count = recorder->throttled_count,
		.threads_count =
			clinic_processes_threads_count(recorder->processes),
		.short_count = recorder->short_count,
	};
	memcpy(counts->truths_count, recorder->truths_count,
	       sizeof(counts->truths_count));
	memcpy(counts->ends_count, recorder->ends_count,
	       sizeof(counts->ends_count));
}
