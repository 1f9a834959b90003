/*
 * collect/recorder_parts.h - the fields of a recorder, for its own files only.
 *
 *	recorder.c           makes rows of events
 *	recorder_waits.c     times off the CPU, and lives of threads
 *	recorder_memory.c    forgets what nothing refers to any more
 *	recorder_snapshot.c  saves the rows of a time, with names, as a session
 *
 * All other code uses recorder.h.
 *
 * Errors     0 or -errno.
 */
#ifndef CLINIC_COLLECT_RECORDER_PARTS_H
#define CLINIC_COLLECT_RECORDER_PARTS_H

#include "collect/address_stacks.h"
#include "collect/counted_changes.h"
#include "collect/counted_numbers.h"
#include "collect/ended_arenas.h"
#include "collect/pending_samples.h"
#include "collect/processes.h"
#include "collect/row_ring.h"
#include "session/session.h"

struct clinic_event;
struct clinic_naming;
struct clinic_stack_walker;

/* When there are so many numbers of a kind, the unused ones are forgotten. */
struct clinic_recorder_limits {
	uint32_t stacks_most;
	uint32_t modules_most;
	uint32_t threads_most; /* rows of threads, and of their lifetimes */
	uint32_t states_most;  /* threads whose end was not reported */
	uint32_t texts_most;
};

struct clinic_recorder {
	struct clinic_session *session;
	struct clinic_modules *modules;
	struct clinic_processes *processes;
	struct clinic_address_stacks *stacks;
	struct clinic_stack_walker *walker;
	struct clinic_naming *naming;
	struct clinic_counted_numbers *numbers;
	struct clinic_counted_changes *changes;
	struct clinic_ended_arenas *ended;
	struct clinic_pending_samples pending;
	struct clinic_row_ring metrics;
	struct clinic_recorder_limits limits;
	uint64_t folded_threads_count; /* ended threads that share one row */

	uint64_t weight_ns;
	uint64_t late_count, late_ns;
	uint64_t lost_count;
	uint64_t throttled_count;
	uint32_t measured_pid;      /* the last one */
	uint64_t approximate_count; /* waits */
	uint64_t switchless_count;
	bool watches_waits;
};

void clinic_recorder_limits_start(struct clinic_recorder_limits *limits);

/* Finds the thread of an event, which has a row in the recorder's session. */
int clinic_recorder_thread(struct clinic_recorder *recorder,
			   const struct clinic_event *event,
			   struct clinic_thread_state **thread);
int clinic_recorder_thread_row(struct clinic_recorder *recorder,
			       struct clinic_thread_state *thread);

/* Handles a CLINIC_EVENT_SWITCH. */
int clinic_recorder_handle_switch(struct clinic_recorder *recorder,
				  const struct clinic_event *event);
/* To be called when a thread has begun, or exec has replaced its program. */
int clinic_recorder_begin_watching(struct clinic_recorder *recorder,
				   const struct clinic_event *event);
/*
 * To be called when the thread has ended: saves its last wait, and how long it
 * was watched.
 */
int clinic_recorder_end_watching(struct clinic_recorder *recorder,
				 struct clinic_thread_state *thread,
				 uint64_t time_ns);

#endif
