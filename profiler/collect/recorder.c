/* Converts events to rows: samples in rings, stacks and threads by number. */
#include "collect/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "sources/event_source.h"
#include "collect/process_status.h"
#include "collect/recorder_parts.h"
#include "collect/stage_changes.h"
#include "symbols/debug_frames.h"
#include "unwind/address_space.h"

/*
 * So many processes are measured at one time, as reading a status takes some 30
 * us.
 */
#define PROCESSES_MEASURED_MAX 8
/* Enough for some hours of one process, at 20 rows a second. */
#define METRICS_MAX ((size_t)1 << 19)

static int make_parts(struct clinic_recorder *made,
		      const struct clinic_naming_options *naming)
{
	int err = clinic_session_new(&made->session);

	clinic_pending_samples_start(&made->pending);
	made->metrics = (struct clinic_row_ring){
		.row_bytes = sizeof(struct clinic_metric), .most = METRICS_MAX};
	clinic_recorder_limits_start(&made->limits);
	if (!err)
		err = clinic_modules_new(&made->modules);
	if (!err) {
		clinic_modules_follow_spaces(made->modules);
		clinic_modules_find_frames(made->modules,
					   clinic_debug_frames_find);
	}
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
		err = clinic_counted_numbers_new(made->session, made->stacks,
						 &made->numbers);
	if (!err)
		err = clinic_counted_changes_new(made->session, made->numbers,
						 &made->changes);
	if (!err)
		err = clinic_ended_arenas_new(made->session, made->numbers,
					      &made->ended);
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
	clinic_ended_arenas_free(recorder->ended);
	clinic_counted_changes_free(recorder->changes);
	clinic_counted_numbers_free(recorder->numbers);
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

int clinic_recorder_thread_row(struct clinic_recorder *recorder,
			       struct clinic_thread_state *thread)
{
	if (thread->session_id)
		return 0;
	return clinic_session_thread_id(recorder->session, thread->process->pid,
					thread->tid, thread->name,
					&thread->session_id);
}

int clinic_recorder_thread(struct clinic_recorder *recorder,
			   const struct clinic_event *event,
			   struct clinic_thread_state **thread)
{
	int err = clinic_processes_thread(recorder->processes, event->pid,
					  event->tid, thread);

	return err ? err : clinic_recorder_thread_row(recorder, *thread);
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
	int err = clinic_recorder_thread(recorder, event, &thread);

	if (!err)
		err = clinic_stack_walk(recorder->walker, thread->process,
					event, &walked);
	if (err)
		return err;
	/*
	 * The flag for the kernel is left out: every wait begins in the kernel,
	 * so it would say nothing.
	 */
	clinic_off_cpu_stack(&thread->off_cpu, walked.stack_id,
			     walked.flags & (uint16_t)~CLINIC_SAMPLE_KERNEL,
			     is_departure);
	return is_departure ? 0 : keep_tick(recorder, thread, event, &walked);
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
		err = clinic_recorder_end_watching(recorder, thread,
						   event->time_ns);
	return err ? err : clinic_processes_follow(recorder->processes, event);
}

static int handle_birth_or_exec(struct clinic_recorder *recorder,
				const struct clinic_event *event)
{
	int err = clinic_processes_follow(recorder->processes, event);

	if (err || !recorder->watches_waits ||
	    (event->kind == CLINIC_EVENT_NAME && !event->name.is_exec))
		return err;
	return clinic_recorder_begin_watching(recorder, event);
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
	return clinic_session_format_note(
		recorder->session, 1,
		"process %" PRIu32 " damaged its own records: %s; what it "
		"recorded from then on is missing",
		event->pid, event->damage);
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
		return clinic_recorder_handle_switch(recorder, event);
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
		err = clinic_recorder_thread_row(recorder, thread);
	if (!err)
		err = clinic_address_stacks_push(recorder->stacks, &frame,
						 &row.stack_id);
	if (err)
		return err;
	row.thread_id = thread->session_id;
	return keep_sample(recorder, &row);
}

struct clinic_counted_numbers *
clinic_recorder_numbers(struct clinic_recorder *recorder)
{
	return recorder->numbers;
}

struct clinic_counted_changes *
clinic_recorder_changes(struct clinic_recorder *recorder)
{
	return recorder->changes;
}

struct clinic_ended_arenas *
clinic_recorder_ended_arenas(struct clinic_recorder *recorder)
{
	return recorder->ended;
}
