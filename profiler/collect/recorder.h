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
 * few numbers: its stack bytes never reach the disk. Names come when a
 * session is made, once per address. Nothing is dropped without being counted.
 *
 * Memory     bounded: samples, waits, changes and metrics are in rings, and
 *            stacks, modules, threads and texts without a use are
 *            forgotten. Of very many ended threads the oldest become one
 *            row, which keeps their sums.
 * Ownership  the recorder has a session of its own, with what has no time and
 *            what the rings refer to; each snapshot begins as its copy.
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

/* Its own: about, quality and notes are the caller's to fill in. */
struct clinic_session *
clinic_recorder_session(struct clinic_recorder *recorder);
/* Where code is looked up: for a source that does so itself. */
struct clinic_modules *
clinic_recorder_modules(struct clinic_recorder *recorder);

/* A process that is there before the first event. */
int clinic_recorder_watch(struct clinic_recorder *recorder, uint32_t pid);

/*
 * Before the first event, if switches will come. Of what is running already,
 * the threads are watched from began_ns on; others from their first event.
 */
int clinic_recorder_watch_waits(struct clinic_recorder *recorder,
				bool is_running, uint64_t began_ns);

/* A clinic_on_event. */
int clinic_recorder_handle_event(void *recorder,
				 const struct clinic_event *event);
/* Another one, beside a source of samples: takes stages and losses only. */
int clinic_recorder_handle_stages(void *recorder,
				  const struct clinic_event *event);

/* One row of metrics for each of some running processes: a few each time,
 * in turn, so that a thousand of them cost no more than these. */
int clinic_recorder_measure(struct clinic_recorder *recorder, uint64_t now_ns);

/* Adds what other processes than the target's have used that run still. */
void clinic_recorder_account(const struct clinic_recorder *recorder,
			     const struct clinic_target *target,
			     struct clinic_cpu_time *time);

/* CPU time that gave no samples, as a frame of its own. */
int clinic_recorder_add_unsampled(struct clinic_recorder *recorder,
				  uint32_t pid, uint64_t now_ns,
				  uint64_t weight_ns);

/* Ends what still lasts: waits, and the lives of threads. */
int clinic_recorder_end_waits(struct clinic_recorder *recorder,
			      uint64_t ended_ns);

/*
 * Where stacks, modules, threads or texts are too many, this forgets those that
 * nothing refers to.
 */
int clinic_recorder_compact(struct clinic_recorder *recorder);

/*
 * What happened in from_ns <= time < to_ns, named, into a new session. With an
 * error it holds what could be saved, and may be written. stack_ids: by raw
 * stack, the session's, until the next event; NULL: there are none.
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
 * No period is so long: something held the signal of a timer back, and where
 * it came at last is not where the time went.
 */
#define CLINIC_LATE_NS UINT64_C(100000000)

struct clinic_recorder_counts {
	uint64_t samples_count;
	uint64_t weight_ns;  /* of all samples */
	uint64_t late_count; /* of samples that weigh CLINIC_LATE_NS or more */
	uint64_t late_ns;    /* what these weigh */
	uint64_t lost_count;
	uint64_t throttled_count;
	/* Rows of metrics without context switches: too many threads. */
	uint64_t switchless_count;
	uint64_t waits_count;       /* ended times off the CPU */
	uint64_t approximate_count; /* of them, by their stacks */
	uint64_t threads_count;     /* that were seen to run, sampled or not */
	uint64_t running_count;     /* processes that have not ended */
	/* Rows of all kinds that newer ones took the place of. */
	uint64_t overwritten_count;
	/* Ended threads that are not told apart any more. */
	uint64_t folded_threads_count;
	struct clinic_walk_counts walks;
	struct clinic_naming_facts naming; /* so far */
};

void clinic_recorder_counts_get(const struct clinic_recorder *recorder,
				struct clinic_recorder_counts *counts);

#endif
