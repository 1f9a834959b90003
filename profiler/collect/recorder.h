/*
 * collect/recorder.h - events in, sessions out.
 *
 *	clinic_recorder_new(&naming, &recorder);
 *	clinic_recorder_watch(recorder, pid);
 *	source.drain(source.state, until_ns, clinic_recorder_handle_event,
 *		     recorder);
 *	clinic_recorder_compact(recorder);              now and then
 *	clinic_recorder_snapshot(recorder, from_ns, to_ns, session, &stacks);
 *
 * While the target runs, each sample is unwound as it arrives and kept as a
 * few numbers: its stack bytes never reach the disk. Names are looked up when a
 * session is made, once per address. Everything that is dropped is counted.
 *
 * Memory     bounded: samples, waits, changes and metrics are in rings, and
 *            stacks, modules, threads and texts without a use are
 *            forgotten. Of very many ended threads the oldest become one
 *            row, which keeps their sums.
 * Ownership  the recorder has a session of its own, with rows that have no time
 *            and rows to which the rings refer; each snapshot begins as a copy
 *            of it.
 * Errors     0 or -errno.
 * Threads    one.
 * Read next  processes.h, stack_walker.h, pending_samples.h,
 *            counted_changes.h, naming.h.
 */
#ifndef CLINIC_COLLECT_RECORDER_H
#define CLINIC_COLLECT_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/naming.h"
#include "collect/stack_walker.h"
#include "collect/target.h"
#include "sources/trace_event.h"

struct clinic_ended_arenas;
struct clinic_session;
struct clinic_recorder;

int clinic_recorder_new(const struct clinic_naming_options *naming,
			struct clinic_recorder **recorder);
void clinic_recorder_free(struct clinic_recorder *recorder);

/* The recorder's own session; the caller fills in about, quality and notes. */
struct clinic_session *
clinic_recorder_session(struct clinic_recorder *recorder);
/* The modules in which code is looked up, for sources that do so, too. */
struct clinic_modules *
clinic_recorder_modules(struct clinic_recorder *recorder);

/* Adds a process that exists before the first event. */
int clinic_recorder_watch(struct clinic_recorder *recorder, uint32_t pid);

/*
 * To be called before the first event, if the source reports switches. Threads
 * that run already are watched from began_ns on; others from their first event.
 */
int clinic_recorder_watch_waits(struct clinic_recorder *recorder,
				bool is_running, uint64_t began_ns);

/* A clinic_on_event. */
int clinic_recorder_handle_event(void *recorder,
				 const struct clinic_event *event);
/* Another one, for a second source: it only accepts stages and losses. */
int clinic_recorder_handle_stages(void *recorder,
				  const struct clinic_event *event);

/* Adds a row of metrics for each of a few running processes. They take turns,
 * so that the cost does not grow with the number of processes. */
int clinic_recorder_measure(struct clinic_recorder *recorder, uint64_t now_ns);

/* Adds the CPU time of running processes that the target does not account. */
void clinic_recorder_account(const struct clinic_recorder *recorder,
			     const struct clinic_target *target,
			     struct clinic_cpu_time *time);

/* Adds CPU time that gave no samples, as a frame of its own. */
int clinic_recorder_add_unsampled(struct clinic_recorder *recorder,
				  uint32_t pid, uint64_t now_ns,
				  uint64_t weight_ns);

/* Ends all waits and lives of threads that still last. */
int clinic_recorder_end_waits(struct clinic_recorder *recorder,
			      uint64_t ended_ns);

/*
 * Where stacks, modules, threads or texts are too many, this forgets those that
 * nothing refers to.
 */
int clinic_recorder_compact(struct clinic_recorder *recorder);

/*
 * Saves what happened in from_ns <= time < to_ns, with names, into a new
 * session. After an error, the session holds what could be saved, and may be
 * written. stack_ids[raw stack] is the session's stack, valid until the next
 * event; NULL: there are none.
 */
int clinic_recorder_snapshot(struct clinic_recorder *recorder, uint64_t from_ns,
			     uint64_t to_ns, struct clinic_session *session,
			     const uint32_t **stack_ids);

/* The numbers of call sites and locks, and the changes that refer to them. */
struct clinic_counted_numbers *
clinic_recorder_numbers(struct clinic_recorder *recorder);
struct clinic_counted_changes *
clinic_recorder_changes(struct clinic_recorder *recorder);
/* The sums of arenas whose processes have ended. */
struct clinic_ended_arenas *
clinic_recorder_ended_arenas(struct clinic_recorder *recorder);

/*
 * No period is as long as this: the signal of a timer was held back, and the
 * place where it was delivered is not where the time was spent.
 */
#define CLINIC_LATE_NS UINT64_C(100000000)

struct clinic_recorder_counts {
	uint64_t samples_count;
	uint64_t weight_ns;  /* sum over all samples */
	uint64_t late_count; /* samples that weigh CLINIC_LATE_NS or more */
	uint64_t late_ns;    /* sum of their weights */
	uint64_t lost_count;
	uint64_t throttled_count;
	/* Rows of metrics without context switches: too many threads. */
	uint64_t switchless_count;
	uint64_t waits_count;       /* ended times off the CPU */
	uint64_t approximate_count; /* waits with an approximate stack */
	uint64_t threads_count;     /* threads that ran, sampled or not */
	uint64_t running_count;     /* processes that have not ended */
	/* Rows of all kinds that were overwritten by newer ones. */
	uint64_t overwritten_count;
	/* Ended threads that share one row. */
	uint64_t folded_threads_count;
	struct clinic_walk_counts walks;
	struct clinic_naming_facts naming; /* so far */
};

void clinic_recorder_counts_get(const struct clinic_recorder *recorder,
				struct clinic_recorder_counts *counts);

#endif
