#include "collect/pending_samples.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/stage_changes.h"
#include "session/session.h"
#include "foundation/growing_array.h"

int clinic_pending_samples_add(struct clinic_pending_samples *samples,
			       const struct clinic_sample *row)
{
	struct clinic_sample *grown = clinic_grow(
		samples->rows, samples->count, &samples->room, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	samples->rows = grown;
	grown[samples->count++] = *row;
	return 0;
}

void clinic_pending_samples_set_stages(
	struct clinic_pending_samples *samples,
	const struct clinic_stage_changes *changes,
	const struct clinic_session *session)
{
	uint32_t count;
	const struct clinic_thread *threads =
		clinic_session_rows(session, CLINIC_THREADS, &count);

	for (size_t i = 0; i < samples->count; i++) {
		struct clinic_sample *row = &samples->rows[i];

		row->stage_id = clinic_stage_changes_at(
			changes, threads[row->thread_id].tid, row->time_ns);
	}
}

static int compare_times(const void *left, const void *right)
{
	const struct clinic_sample *a = left, *b = right;

	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

int clinic_pending_samples_move(struct clinic_pending_samples *samples,
				const uint32_t *stack_ids,
				struct clinic_session *session,
				enum clinic_table table)
{
	int err = 0;

	/* Threads with rings of their own come one after the other; a wait is
	 * told at its end, and stands at its beginning. */
	if (samples->count)
		qsort(samples->rows, samples->count, sizeof(*samples->rows),
		      compare_times);
	for (size_t i = 0; !err && i < samples->count; i++) {
		struct clinic_sample *row = &samples->rows[i];

		row->stack_id = stack_ids ? stack_ids[row->stack_id] : 0;
		err = clinic_session_add(session, table, row);
	}
	samples->count = 0;
	return err;
}
