/* Converts the context switches of a thread to waits. */
#include "collect/off_cpu.h"

#include "sources/trace_event.h"

void clinic_off_cpu_begin(struct clinic_off_cpu *thread, uint64_t time_ns,
			  enum clinic_thread_place state)
{
	if (thread->state != CLINIC_THREAD_UNWATCHED)
		return;
	thread->state = state;
	thread->began_ns = time_ns;
}

void clinic_off_cpu_stack(struct clinic_off_cpu *thread, uint32_t stack_id,
			  uint16_t flags, bool is_departure)
{
	if (is_departure) {
		thread->departure_stack_id = stack_id;
		thread->departure_flags = flags;
		thread->has_departure_stack = true;
		return;
	}
	thread->last_stack_id = stack_id;
	thread->last_flags = flags;
	thread->was_sampled = true;
	if (thread->state == CLINIC_THREAD_SILENT)
		thread->state = CLINIC_THREAD_ON_CPU;
}

static void set_stack(struct clinic_off_cpu *thread)
{
	if (thread->has_departure_stack) {
		thread->wait.stack_id = thread->departure_stack_id;
		thread->wait.flags |= thread->departure_flags;
		thread->has_departure_stack = false;
		return;
	}
	thread->wait.flags |= CLINIC_SAMPLE_APPROXIMATE;
	if (!thread->was_sampled)
		return;
	thread->wait.stack_id = thread->last_stack_id;
	thread->wait.flags |= thread->last_flags;
}

static void leave(struct clinic_off_cpu *thread, uint64_t time_ns, uint32_t cpu,
		  bool is_preempted)
{
	thread->state = CLINIC_THREAD_OFF_CPU;
	thread->wait = (struct clinic_sample){
		.time_ns = time_ns,
		.cpu = (uint16_t)cpu,
		.flags = is_preempted ? CLINIC_SAMPLE_PREEMPTED : 0,
	};
}

void clinic_off_cpu_born(struct clinic_off_cpu *thread, uint64_t time_ns)
{
	if (thread->state != CLINIC_THREAD_UNWATCHED)
		return;
	clinic_off_cpu_begin(thread, time_ns, CLINIC_THREAD_OFF_CPU);
	leave(thread, time_ns, 0, true); /* there is no stack to know yet */
}

static bool close_wait(struct clinic_off_cpu *thread, uint64_t time_ns,
		       struct clinic_sample *wait)
{
	if (thread->state == CLINIC_THREAD_SILENT) {
		leave(thread, thread->began_ns, 0, false);
		set_stack(thread);
	}
	if (thread->state != CLINIC_THREAD_OFF_CPU ||
	    time_ns < thread->wait.time_ns)
		return false;
	*wait = thread->wait;
	wait->weight_ns = time_ns - wait->time_ns;
	return true;
}

bool clinic_off_cpu_change(struct clinic_off_cpu *thread,
			   const struct clinic_event *event,
			   struct clinic_sample *wait)
{
	bool has_ended;

	clinic_off_cpu_begin(thread, event->time_ns, CLINIC_THREAD_ON_CPU);
	if (event->change.is_out) {
		leave(thread, event->time_ns, event->change.cpu,
		      event->change.is_preempted);
		set_stack(thread);
		return false;
	}
	has_ended = close_wait(thread, event->time_ns, wait);
	thread->state = CLINIC_THREAD_ON_CPU;
	thread->has_departure_stack = false;
	return has_ended;
}

bool clinic_off_cpu_end(struct clinic_off_cpu *thread, uint64_t time_ns,
			struct clinic_sample *wait)
{
	bool has_ended = close_wait(thread, time_ns, wait);

	thread->state = CLINIC_THREAD_UNWATCHED;
	return has_ended;
}
