/*
 * collect/pending_samples.h - samples and waits until they are read.
 *
 * They come in the order in which they were drained, with the numbers of raw
 * stacks; stages come apart. Joined with both, they go into a session.
 *
 * Memory     rings, with the newest samples; stages are joined for good when
 *            their changes have become too many, and those forgotten.
 * Errors     0 or -errno.
 * Threads    one.
 * Read next  row_ring.h, stage_changes.h.
 */
#ifndef CLINIC_COLLECT_PENDING_SAMPLES_H
#define CLINIC_COLLECT_PENDING_SAMPLES_H

#include "collect/renumbering.h"
#include "collect/row_ring.h"
#include "collect/stage_changes.h"
#include "session/session.h"

/* With the other tables, a session of these stays below its limit of 1 GiB. */
#define CLINIC_PENDING_SAMPLES_MAX ((size_t)1 << 24)
#define CLINIC_PENDING_WAITS_MAX   ((size_t)1 << 21)

struct clinic_pending_samples {
	/* Of struct clinic_sample; stack_id is of the raw stacks. */
	struct clinic_row_ring samples, waits;
	struct clinic_stage_changes stages;
	uint64_t staged_ns; /* those before it have their stage for good */
};

void clinic_pending_samples_start(struct clinic_pending_samples *pending);
void clinic_pending_samples_free(struct clinic_pending_samples *pending);

/* From then on the thread is in that stage of the session. */
int clinic_pending_samples_stage(struct clinic_pending_samples *pending,
				 const struct clinic_session *session,
				 uint32_t tid, uint64_t time_ns,
				 uint32_t stage_id);

/* Samples and waits get their stages: before threads are forgotten, by whose
 * numbers in the system stages are known. */
void clinic_pending_samples_join(struct clinic_pending_samples *pending,
				 const struct clinic_session *session);

/* Calls for the number of each stack, or thread, that a row refers to. */
void clinic_pending_samples_stacks(struct clinic_pending_samples *pending,
				   clinic_on_number *on_number, void *context);
void clinic_pending_samples_threads(struct clinic_pending_samples *pending,
				    clinic_on_number *on_number, void *context);

/*
 * Those of from_ns <= time < to_ns, in order of time, into a session with the
 * same threads and stages. stack_ids[raw stack] is its own.
 */
int clinic_pending_samples_save(struct clinic_pending_samples *pending,
				const uint32_t *stack_ids, uint64_t from_ns,
				uint64_t to_ns, struct clinic_session *session);

#endif
