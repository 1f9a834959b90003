/* Makes waits of times off the CPU, and lifetimes when threads end. */
#include "collect/recorder.h"

#include "collect/recorder_parts.h"
#include "sources/trace_event.h"

static int keep_wait(struct clinic_recorder *recorder,
		     const struct clinic_thread_state *thread,
		     struct clinic_sample *wait)
{
	wait->thread_id = thread->session_id;
	recorder->approximate_count +=
		!!(wait->flags & CLINIC_SAMPLE_APPROXIMATE);
	return clinic_row_ring_add(&recorder->pending.waits, wait);
}

int clinic_recorder_handle_switch(struct clinic_recorder *recorder,
				  const struct clinic_event *event)
{
	struct clinic_thread_state *thread;
	struct clinic_sample wait;
	int err = clinic_recorder_thread(recorder, event, &thread);

	if (err || !clinic_off_cpu_change(&thread->off_cpu, event, &wait))
		return err;
	return keep_wait(recorder, thread, &wait);
}

/*
 * The watching of this thread is over: keeps its last wait, and how long it was
 * watched.
 */
int clinic_recorder_end_watching(struct clinic_recorder *recorder,
				 struct clinic_thread_state *thread,
				 uint64_t time_ns)
{
	struct clinic_lifetime life;
	struct clinic_sample wait;
	int err;

	if (thread->off_cpu.state == CLINIC_THREAD_UNWATCHED)
		return 0;
	err = clinic_recorder_thread_row(recorder, thread);
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

/*
 * A thread that is born, or execs, is watched from now on; after an exec it is
 * running.
 */
int clinic_recorder_begin_watching(struct clinic_recorder *recorder,
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

	return clinic_recorder_end_watching(moment->recorder, thread,
					    moment->time_ns);
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
