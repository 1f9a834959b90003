/*
 * collect/off_cpu.h - convert departures and returns to times off the CPU.
 *
 *	clinic_off_cpu_begin(&thread->off_cpu, time_ns, CLINIC_THREAD_ON_CPU);
 *	clinic_off_cpu_stack(&thread->off_cpu, stack_id, flags, is_departure);
 *	if (clinic_off_cpu_change(&thread->off_cpu, event, &wait))
 *		... one time off the CPU has ended, and is in wait ...
 *
 *	            there before us         new: waits for a CPU
 *	SILENT <----------------- UNWATCHED -----------------> OFF_CPU
 *	   |                          |                        ^    |
 *	   | a sample                 | first event     leaves |    | returns:
 *	   v                          v                        |    v a wait
 *	ON_CPU                     ON_CPU                      ON_CPU
 *
 *	A SILENT thread that returns or ends has waited since the beginning.
 *
 * The stack of a wait is the one with which the thread left the CPU, where
 * the kernel reports it. Elsewhere it is that of the thread's last sample,
 * and marked approximate; a thread that was never sampled has none.
 *
 * If the record of a return was lost, the time since then is unknown: it is in
 * no wait, and is a difference between a thread's life and its known times.
 *
 * Units      _ns is CLOCK_MONOTONIC.
 * Threads    one.
 * Read next  recorder.c, which feeds it; session/rows.h for a wait's flags.
 */
#ifndef CLINIC_COLLECT_OFF_CPU_H
#define CLINIC_COLLECT_OFF_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "session/rows.h"

struct clinic_event;

enum clinic_thread_place {
	CLINIC_THREAD_UNWATCHED, /* no event of it has come yet */
	CLINIC_THREAD_SILENT,    /* existed before us, no event yet */
	CLINIC_THREAD_ON_CPU,
	CLINIC_THREAD_OFF_CPU,
};

/* What is known about one thread; zeroed at first. */
struct clinic_off_cpu {
	enum clinic_thread_place state;
	uint64_t began_ns;         /* when the watching began */
	struct clinic_sample wait; /* the one that lasts, while off the CPU */
	uint32_t last_stack_id;
	uint32_t departure_stack_id;
	uint16_t last_flags, departure_flags;
	bool was_sampled, has_departure_stack;
};

/* The thread is watched from now on; later calls change nothing. */
void clinic_off_cpu_begin(struct clinic_off_cpu *thread, uint64_t time_ns,
			  enum clinic_thread_place state);

/* A new thread waits for a CPU before it first runs. */
void clinic_off_cpu_born(struct clinic_off_cpu *thread, uint64_t time_ns);

/* The thread's stack at a tick, or just before it left the CPU. */
void clinic_off_cpu_stack(struct clinic_off_cpu *thread, uint32_t stack_id,
			  uint16_t flags, bool is_departure);

/* Handles a CLINIC_EVENT_SWITCH. True if a wait has ended, which is then in
 * *wait; the caller fills in its thread and stage. */
bool clinic_off_cpu_change(struct clinic_off_cpu *thread,
			   const struct clinic_event *event,
			   struct clinic_sample *wait);

/* The same for a wait that lasts when the thread or the recording ends. */
bool clinic_off_cpu_end(struct clinic_off_cpu *thread, uint64_t time_ns,
			struct clinic_sample *wait);

#endif
