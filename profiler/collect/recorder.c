/* Events into rings and raw stacks, and from these a session. */
#include "collect/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sources/event_source.h"
#include "collect/counted_changes.h"
#include "collect/pending_samples.h"
#include "collect/process_status.h"
#include "collect/processes.h"
#include "collect/address_stacks.h"
#include "collect/stage_changes.h"
#include "session/session.h"
#include "symbols/debug_frames.h"
#include "unwind/address_space.h"

/* Of metrics at one time: a status costs some 30 us to read. */
#define PROCESSES_MEASURED_MAX 8
/* Some hours of one process's, at 20 a second. */
#define METRICS_MAX ((size_t)1 << 19)

/* 32 MiB with their index; a large program has a hundred thousand. */
#define STACKS_AT_FIRST ((uint32_t)1 << 20)

struct clinic_recorder {
	struct clinic_session *session;
	struct clinic_modules *modules;
	struct clinic_processes *processes;
	struct clinic_address_stacks *stacks;
	struct clinic_stack_walker *walker;
	struct clinic_naming *naming;
	struct clinic_counted_changes *changes;
	struct clinic_pending_samples pending;
	struct clinic_row_ring metrics;
	uint32_t stacks_most; /* then those that nothing refers to go */

	uint64_t weight_ns;
	uint64_t late_count, late_ns;
	uint64_t lost_count;
	uint64_t throttled_count;
	uint32_t measured_pid;      /* the last one */
	uint64_t approximate_count; /* waits */
	uint64_t switchless_count;
	bool watches_waits;
};

static int make_parts(struct clinic_recorder *made,
		      const struct clinic_naming_options *naming)
{
	int err = clinic_session_new(&made->session);

	clinic_pending_samples_start(&made->pending);
	made->metrics = (struct clinic_row_ring){
		.row_bytes = sizeof(struct clinic_metric), .most = METRICS_MAX};
	made->stacks_most = STACKS_AT_FIRST;
	if (!err)
		err = clinic_modules_new(&made->modules);
	if (!err)
		clinic_modules_find_frames(made->modules,
					   clinic_debug_frames_find);
	if (!err)
		err = clinic_processes_new(made->modules, &made->processes);
	if (!err)
		err = clinic_address_stacks_new(&made->stacks);
	if (!err)
		err = clinic_stack_walker_new(made->stacks, &made->walker);
	if (!err)
		err = clinic_naming_new(naming, made->modules, made->session,
					&made->naming);
	if (!err)
		err = clinic_counted_changes_new(made->session, made->stacks,
						 &made->changes);
	return err;
}

int clinic_recorder_new(const struct clinic_naming_options *naming,
			struct clinic_recorder **recorder)
{
	struct clinic_recorder *made = calloc(1, sizeof(*made));
	int err = made ? make_parts(made, naming) : -ENOMEM;

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
	clinic_counted_changes_free(recorder->changes);
	clinic_naming_free(recorder->naming);
	clinic_processes_free(recorder->processes);
	clinic_modules_free(recorder->modules);
	clinic_stack_walker_free(recorder->walker);
	clinic_address_stacks_free(recorder->stacks);
	clinic_pending_samples_free(&recorder->pending);
	clinic_row_ring_free(&recorder->metrics);
	clinic_session_free(recorder->session);
	free(recorder);
}

struct clinic_session *clinic_recorder_session(struct clinic_recorder *recorder)
{
	return recorder->session;
}

struct clinic_modules *clinic_recorder_modules(struct clinic_recorder *recorder)
{
	return recorder->modules;
}

int clinic_recorder_watch(struct clinic_recorder *recorder, uint32_t pid)
{
	return clinic_processes_add(recorder->processes, pid);
}

static int keep_sample(struct clinic_recorder *recorder,
		       const struct clinic_sample *sample)
{
	recorder->weight_ns += sample->weight_ns;
	if (sample->weight_ns >= CLINIC_LATE_NS) {
		recorder->late_count++;
		recorder->late_ns += sample->weight_ns;
	}
	return clinic_row_ring_add(&recorder->pending.samples, sample);
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

static int keep_tick(struct clinic_recorder *recorder,
		     const struct clinic_thread_state *thread,
		     const struct clinic_event *event,
		     const struct clinic_walked *walked)
{
	const struct clinic_sample row = {
		.time_ns = event->time_ns,
		.weight_ns = event->sample.weight_ns,
		.cpu = (uint16_t)event->sample.cpu,
		.thread_id = thread->session_id,
		.stack_id = walked->stack_id,
		.flags = walked->flags,
	};

	return keep_sample(recorder, &row);
}

/* A tick, or the moment before the thread leaves the CPU. */
static int handle_stack(struct clinic_recorder *recorder,
			const struct clinic_event *event)
{
	bool is_departure = event->kind == CLINIC_EVENT_SWITCH_STACK;
	struct clinic_thread_state *thread;
	struct clinic_walked walked;
	int err = find_thread(recorder, event, &thread);

	if (!err)
		err = clinic_stack_walk(recorder->walker, thread->process,
					event, &walked);
	if (err)
		return err;
	/* Every wait begins in the kernel: that would say nothing. */
	clinic_off_cpu_stack(&thread->off_cpu, walked.stack_id,
			     walked.flags & (uint16_t)~CLINIC_SAMPLE_KERNEL,
			     is_departure);
	return is_departure ? 0 : keep_tick(recorder, thread, event, &walked);
}

static int keep_wait(struct clinic_recorder *recorder,
		     const struct clinic_thread_state *thread,
		     struct clinic_sample *wait)
{
	wait->thread_id = thread->session_id;
	recorder->approximate_count +=
		!!(wait->flags & CLINIC_SAMPLE_APPROXIMATE);
	return clinic_row_ring_add(&recorder->pending.waits, wait);
}

static int handle_switch(struct clinic_recorder *recorder,
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
		   : clinic_session_add(recorder->session, CLINIC_LIFETIMES,
					&life);
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

static int handle_exit(struct clinic_recorder *recorder,
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

static int handle_birth_or_exec(struct clinic_recorder *recorder,
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
	clinic_stack_walker_forget(recorder->walker);
	if (event->kind == CLINIC_EVENT_EXIT)
		return handle_exit(recorder, event);
	if (event->kind == CLINIC_EVENT_MAPPING)
		return clinic_processes_follow(recorder->processes, event);
	return handle_birth_or_exec(recorder, event);
}

static int handle_stage(struct clinic_recorder *recorder,
			const struct clinic_event *event)
{
	uint32_t stage_id = 0;
	int err = 0;

	if (*event->stage)
		err = clinic_session_stage_id(recorder->session, event->stage,
					      &stage_id);
	return err ? err
		   : clinic_pending_samples_stage(&recorder->pending,
						  recorder->session, event->tid,
						  event->time_ns, stage_id);
}

static int handle_damage(struct clinic_recorder *recorder,
			 const struct clinic_event *event)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "process %" PRIu32 " damaged its own records: %s; what it "
		 "recorded from then on is missing",
		 event->pid, event->damage);
	return clinic_session_add_note(recorder->session, 1, text);
}

int clinic_recorder_handle_stages(void *recorder,
				  const struct clinic_event *event)
{
	if (event->kind != CLINIC_EVENT_STAGE &&
	    event->kind != CLINIC_EVENT_DAMAGED &&
	    event->kind != CLINIC_EVENT_LOST)
		return 0;
	return clinic_recorder_handle_event(recorder, event);
}

int clinic_recorder_handle_event(void *context,
				 const struct clinic_event *event)
{
	struct clinic_recorder *recorder = context;

	switch (event->kind) {
	case CLINIC_EVENT_SAMPLE:
	case CLINIC_EVENT_SWITCH_STACK:
		return handle_stack(recorder, event);
	case CLINIC_EVENT_SWITCH:
		return handle_switch(recorder, event);
	case CLINIC_EVENT_STAGE:
		return handle_stage(recorder, event);
	case CLINIC_EVENT_LOST:
		recorder->lost_count += event->lost_count;
		return 0;
	case CLINIC_EVENT_THROTTLE:
		recorder->throttled_count++;
		return 0;
	case CLINIC_EVENT_DAMAGED:
		return handle_damage(recorder, event);
	case CLINIC_EVENT_ALLOCATIONS:
	case CLINIC_EVENT_LOCK:
		return clinic_counted_changes_handle(recorder->changes, event);
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
			clinic_stack_walker_forget(recorder->walker);
			continue;
		}
		metric.time_ns = now_ns;
		recorder->switchless_count += metric.threads_count >
					      CLINIC_SWITCHES_THREADS_MAX;
		err = clinic_row_ring_add(&recorder->metrics, &metric);
		if (err)
			return err;
	}
	recorder->measured_pid = pid;
	return 0;
}

void clinic_recorder_account(const struct clinic_recorder *recorder,
			     const struct clinic_target *target,
			     struct clinic_cpu_time *time)
{
	uint32_t pid = 0;

	while ((pid = clinic_processes_next(recorder->processes, pid))) {
		struct clinic_process_times times;

		if (clinic_target_has(target, (pid_t)pid) ||
		    clinic_process_times((pid_t)pid, &times))
			continue;
		time->all_ns += times.own_ns + times.waited_ns;
		time->kernel_ns += times.own_kernel_ns + times.waited_kernel_ns;
	}
}

int clinic_recorder_add_unsampled(struct clinic_recorder *recorder,
				  uint32_t pid, uint64_t now_ns,
				  uint64_t weight_ns)
{
	struct clinic_address_frame frame = {.module =
						     CLINIC_ADDRESS_UNSAMPLED};
	struct clinic_sample row = {.time_ns = now_ns,
				    .weight_ns = weight_ns,
				    .flags = CLINIC_SAMPLE_KERNEL};
	struct clinic_thread_state *thread;
	int err;

	err = clinic_processes_thread(recorder->processes, pid, pid, &thread);
	if (!err)
		err = session_thread(recorder, thread);
	if (!err)
		err = clinic_address_stacks_push(recorder->stacks, &frame,
						 &row.stack_id);
	if (err)
		return err;
	row.thread_id = thread->session_id;
	return keep_sample(recorder, &row);
}

/* All that refers to raw stacks: samples, sites, and threads' last ones. */
struct each_stack {
	clinic_on_stack *on_stack;
	void *context;
};

static int each_of_thread(void *context, struct clinic_thread_state *thread)
{
	const struct each_stack *each = context;

	each->on_stack(each->context, &thread->off_cpu.last_stack_id);
	each->on_stack(each->context, &thread->off_cpu.departure_stack_id);
	each->on_stack(each->context, &thread->off_cpu.wait.stack_id);
	return 0;
}

static void each_stack(struct clinic_recorder *recorder,
		       clinic_on_stack *on_stack, void *context)
{
	struct each_stack each = {on_stack, context};
	size_t sites_count;
	struct clinic_counted_site *sites =
		clinic_counted_sites(recorder->changes, &sites_count);

	for (size_t i = 0; i < sites_count; i++)
		on_stack(context, &sites[i].stack_id);
	clinic_pending_samples_stacks(&recorder->pending, on_stack, context);
	(void)clinic_processes_visit(recorder->processes, each_of_thread,
				     &each);
}

static void keep_stack(void *context, uint32_t *stack_id)
{
	uint32_t *kept = context;

	kept[*stack_id] = 1;
}

static void renumber_stack(void *context, uint32_t *stack_id)
{
	const uint32_t *kept = context;

	*stack_id = kept[*stack_id];
}

int clinic_recorder_compact(struct clinic_recorder *recorder)
{
	uint32_t count;
	uint32_t *kept;
	int err;

	(void)clinic_address_stacks_rows(recorder->stacks, &count);
	if (count < recorder->stacks_most)
		return 0;
	kept = calloc(count, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	each_stack(recorder, keep_stack, kept);
	err = clinic_address_stacks_compact(recorder->stacks, kept);
	each_stack(recorder, renumber_stack, kept);
	free(kept);
	clinic_stack_walker_forget(recorder->walker);
	clinic_naming_forget(recorder->naming);
	(void)clinic_address_stacks_rows(recorder->stacks, &count);
	recorder->stacks_most = count > STACKS_AT_FIRST / 2 ? 2 * count
							    : STACKS_AT_FIRST;
	return err ? err : clinic_session_forget_stacks(recorder->session);
}

static int save_metrics(struct clinic_recorder *recorder, uint64_t from_ns,
			uint64_t to_ns, struct clinic_session *session)
{
	struct clinic_row_ring *metrics = &recorder->metrics;
	size_t end = clinic_row_ring_from(metrics, to_ns);
	int err = 0;

	for (size_t i = clinic_row_ring_from(metrics, from_ns); !err && i < end;
	     i++)
		err = clinic_session_add(session, CLINIC_METRICS,
					 clinic_row_ring_at(metrics, i));
	return err;
}

/* With nothing but the names of stacks missing, what was measured is saved. */
int clinic_recorder_snapshot(struct clinic_recorder *recorder, uint64_t from_ns,
			     uint64_t to_ns, struct clinic_session *session,
			     const uint32_t **stack_ids)
{
	int naming_err = clinic_naming_update(recorder->naming,
					      recorder->stacks, stack_ids);
	int err;

	if (!naming_err)
		naming_err =
			clinic_counted_changes_name_locks(recorder->changes);
	err = clinic_session_copy(session, recorder->session);
	if (!*stack_ids)
		return naming_err;
	if (!err)
		err = clinic_pending_samples_save(&recorder->pending,
						  *stack_ids, from_ns, to_ns,
						  session);
	if (!err)
		err = save_metrics(recorder, from_ns, to_ns, session);
	if (!err)
		err = clinic_counted_changes_save(recorder->changes, *stack_ids,
						  from_ns, to_ns, session);
	return err ? err : naming_err;
}

struct clinic_counted_changes *
clinic_recorder_changes(struct clinic_recorder *recorder)
{
	return recorder->changes;
}

static uint64_t taken(const struct clinic_row_ring *ring)
{
	return ring->count + ring->overwritten_count;
}

/* Processes of which no end was reported, and which have memory still. */
static uint64_t count_running(const struct clinic_recorder *recorder)
{
	uint64_t count = 0;
	uint32_t pid = 0;

	while ((pid = clinic_processes_next(recorder->processes, pid)))
		count += clinic_process_peak_rss_bytes((pid_t)pid) > 0;
	return count;
}

void clinic_recorder_counts_get(const struct clinic_recorder *recorder,
				struct clinic_recorder_counts *counts)
{
	*counts = (struct clinic_recorder_counts){
		.samples_count = taken(&recorder->pending.samples),
		.switchless_count = recorder->switchless_count,
		.waits_count = taken(&recorder->pending.waits),
		.overwritten_count =
			recorder->pending.samples.overwritten_count +
			recorder->pending.waits.overwritten_count +
			recorder->metrics.overwritten_count +
			clinic_counted_changes_overwritten(recorder->changes),
		.approximate_count = recorder->approximate_count,
		.weight_ns = recorder->weight_ns,
		.late_count = recorder->late_count,
		.late_ns = recorder->late_ns,
		.lost_count = recorder->lost_count,
		.throttled_count = recorder->throttled_count,
		.threads_count =
			clinic_processes_threads_count(recorder->processes),
		.running_count = count_running(recorder),
		.walks = *clinic_stack_walker_counts(recorder->walker),
	};
	clinic_naming_facts_get(recorder->naming, &counts->naming);
}
