#include "collect/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sources/event_source.h"
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

struct clinic_recorder {
	struct clinic_session *session;
	struct clinic_modules *modules;
	struct clinic_processes *processes;
	struct clinic_address_stacks *stacks;
	struct clinic_stack_walker *walker;
	struct clinic_pending_samples samples, waits;
	struct clinic_stage_changes stages;

	uint64_t weight_ns;
	uint64_t lost_count;
	uint64_t throttled_count;
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
		clinic_modules_find_frames(made->modules,
					   clinic_debug_frames_find);
	if (!err)
		err = clinic_processes_new(made->modules, &made->processes);
	if (!err)
		err = clinic_address_stacks_new(&made->stacks);
	if (!err)
		err = clinic_stack_walker_new(made->stacks, &made->walker);
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
	clinic_stack_walker_free(recorder->walker);
	clinic_address_stacks_free(recorder->stacks);
	free(recorder->samples.rows);
	free(recorder->waits.rows);
	clinic_stage_changes_free(&recorder->stages);
	free(recorder);
}

int clinic_recorder_watch(struct clinic_recorder *recorder, uint32_t pid)
{
	return clinic_processes_add(recorder->processes, pid);
}

static int keep_sample(struct clinic_recorder *recorder,
		       const struct clinic_sample *sample)
{
	recorder->weight_ns += sample->weight_ns;
	return clinic_pending_samples_add(&recorder->samples, sample);
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
	return clinic_pending_samples_add(&recorder->waits, wait);
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
		   : clinic_stage_changes_add(&recorder->stages, event->tid,
					      event->time_ns, stage_id);
}

static int handle_damage(struct clinic_recorder *recorder,
			 const struct clinic_event *event)
{
	char text[200];

	recorder->lost_count++;
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
		err = clinic_session_add(recorder->session, CLINIC_METRICS,
					 &metric);
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

static void set_stages(struct clinic_recorder *recorder)
{
	if (!recorder->stages.count)
		return;
	clinic_stage_changes_sort(&recorder->stages);
	clinic_pending_samples_set_stages(&recorder->samples, &recorder->stages,
					  recorder->session);
	clinic_pending_samples_set_stages(&recorder->waits, &recorder->stages,
					  recorder->session);
}

static int move_all(struct clinic_recorder *recorder, const uint32_t *stack_ids)
{
	int err = clinic_pending_samples_move(&recorder->samples, stack_ids,
					      recorder->session,
					      CLINIC_SAMPLES);

	return err ? err
		   : clinic_pending_samples_move(&recorder->waits, stack_ids,
						 recorder->session,
						 CLINIC_WAITS);
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
		.walks = *clinic_stack_walker_counts(recorder->walker),
	};
}
