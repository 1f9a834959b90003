/*
 * collect/pending_samples.h - samples and waits until they are saved.
 *
 * They are added in the order of draining, with the numbers of raw stacks;
 * changes of stages are added separately. When they are saved into a session,
 * both are combined.
 *
 * Memory     bounded: rings keep the newest samples. When there are too many
 *            changes of stages, samples get their stages for good, and the
 *            changes are forgotten.
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
	uint64_t staged_ns; /* samples before it have their stage for good */
};

void clinic_pending_samples_start(struct clinic_pending_samples *pending);
void clinic_pending_samples_free(struct clinic_pending_samples *pending);

/* From that time on, the thread is in that stage of the session. */
int clinic_pending_samples_stage(struct clinic_pending_samples *pending,
				 const struct clinic_session *session,
				 uint32_t tid, uint64_t time_ns,
				 uint32_t stage_id);

/* Gives samples and waits their stages. This must be done before threads are
 * forgotten, because stages are known by the threads' numbers in the system. */
void clinic_pending_samples_join(struct clinic_pending_samples *pending,
				 const struct clinic_session *session);

/* Calls for the number of each stack, or thread, that a row refers to. */
void clinic_pending_samples_stacks(struct clinic_pending_samples *pending,
				   clinic_on_number *on_number, void *context);
void clinic_pending_samples_threads(struct clinic_pending_samples *pending,
				    clinic_on_number *on_number, void *context);

/*
 * Saves those in from_ns <= time < to_ns, in order of time, into a session with
 * the same threads and stages. stack_ids[raw stack] is the session's stack.
 */
int clinic_pending_samples_save(struct clinic_pending_samples *pending,
				const uint32_t *stack_ids, uint64_t from_ns,
				uint64_t to_ns, struct clinic_session *session);

#endif
