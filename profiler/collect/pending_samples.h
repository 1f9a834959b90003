/*
 * collect/pending_samples.h - samples in the order in which they were told,
 * until the recording is over: then they get their stages, and their stacks
 * names.
 *
 * Begin with {0}; free(rows) at the end. Not safe from several threads.
 */
#ifndef CLINIC_COLLECT_PENDING_SAMPLES_H
#define CLINIC_COLLECT_PENDING_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "session/session.h"

struct clinic_stage_changes;

/* As in the session, but for stack_id, which is of the raw stacks. */
struct clinic_pending_samples {
	struct clinic_sample *rows;
	size_t count, room;
};

/* 0 or -ENOMEM. */
int clinic_pending_samples_add(struct clinic_pending_samples *samples,
			       const struct clinic_sample *row);

/* The stage that each sample's thread was in; changes are sorted. */
void clinic_pending_samples_set_stages(
	struct clinic_pending_samples *samples,
	const struct clinic_stage_changes *changes,
	const struct clinic_session *session);

/*
 * Into that table of the session, in order of time. stack_ids[raw stack] is
 * the session's; NULL when the stacks got no names: then none is kept.
 */
int clinic_pending_samples_move(struct clinic_pending_samples *samples,
				const uint32_t *stack_ids,
				struct clinic_session *session,
				enum clinic_table table);

#endif
