/* Keeps samples and waits in rings, and adds stages and stacks when read. */
#include "collect/pending_samples.h"

#include <errno.h>

/* These take 64 MiB; a thread that changes its stage 1000 times a second makes
 * as many in an hour. */
#define STAGE_CHANGES_MAX ((size_t)1 << 22)

void clinic_pending_samples_start(struct clinic_pending_samples *pending)
{
	*pending = (struct clinic_pending_samples){
		.samples = {.row_bytes = sizeof(struct clinic_sample),
			    .most = CLINIC_PENDING_SAMPLES_MAX},
		.waits = {.row_bytes = sizeof(struct clinic_sample),
			  .most = CLINIC_PENDING_WAITS_MAX},
	};
}

void clinic_pending_samples_free(struct clinic_pending_samples *pending)
{
	clinic_row_ring_free(&pending->samples);
	clinic_row_ring_free(&pending->waits);
	clinic_stage_changes_free(&pending->stages);
}

static void set_stages(struct clinic_pending_samples *pending,
		       struct clinic_row_ring *ring,
		       const struct clinic_session *session)
{
	uint32_t count;
	const struct clinic_thread *threads =
		clinic_session_rows(session, CLINIC_THREADS, &count);

	clinic_row_ring_sort(ring);
	for (size_t i = clinic_row_ring_from(ring, pending->staged_ns);
	     i < ring->count; i++) {
		struct clinic_sample *row = clinic_row_ring_at(ring, i);
		uint32_t tid = threads[row->thread_id].tid;

		/* For a forgotten thread, the stage was found before. */
		if (tid)
			row->stage_id = clinic_stage_changes_at(
				&pending->stages, tid, row->time_ns);
	}
}

void clinic_pending_samples_join(struct clinic_pending_samples *pending,
				 const struct clinic_session *session)
{
	clinic_stage_changes_sort(&pending->stages);
	set_stages(pending, &pending->samples, session);
	set_stages(pending, &pending->waits, session);
}

/*
 * Later samples need only the last change of each thread, and those still to
 * come.
 */
static void forget_stages(struct clinic_pending_samples *pending,
			  const struct clinic_session *session,
			  uint64_t time_ns)
{
	clinic_pending_samples_join(pending, session);
	clinic_stage_changes_keep_last(&pending->stages);
	pending->staged_ns = time_ns;
}

int clinic_pending_samples_stage(struct clinic_pending_samples *pending,
				 const struct clinic_session *session,
				 uint32_t tid, uint64_t time_ns,
				 uint32_t stage_id)
{
	if (pending->stages.count == STAGE_CHANGES_MAX)
		forget_stages(pending, session, time_ns);
	return clinic_stage_changes_add(&pending->stages, tid, time_ns,
					stage_id);
}

void clinic_pending_samples_stacks(struct clinic_pending_samples *pending,
				   clinic_on_number *on_number, void *context)
{
	size_t offset = offsetof(struct clinic_sample, stack_id);

	clinic_row_ring_numbers(&pending->samples, offset, on_number, context);
	clinic_row_ring_numbers(&pending->waits, offset, on_number, context);
}

void clinic_pending_samples_threads(struct clinic_pending_samples *pending,
				    clinic_on_number *on_number, void *context)
{
	size_t offset = offsetof(struct clinic_sample, thread_id);

	clinic_row_ring_numbers(&pending->samples, offset, on_number, context);
	clinic_row_ring_numbers(&pending->waits, offset, on_number, context);
}

static int save(struct clinic_row_ring *ring, const uint32_t *stack_ids,
		uint64_t from_ns, uint64_t to_ns,
		struct clinic_session *session, enum clinic_table table)
{
	size_t end = clinic_row_ring_from(ring, to_ns);
	int err = 0;

	for (size_t i = clinic_row_ring_from(ring, from_ns); !err && i < end;
	     i++) {
		struct clinic_sample row =
			*(struct clinic_sample *)clinic_row_ring_at(ring, i);

		row.stack_id = stack_ids[row.stack_id];
		err = clinic_session_add(session, table, &row);
	}
	return err;
}

int clinic_pending_samples_save(struct clinic_pending_samples *pending,
				const uint32_t *stack_ids, uint64_t from_ns,
				uint64_t to_ns, struct clinic_session *session)
{
	int err;

	clinic_pending_samples_join(pending, session);
	err = save(&pending->samples, stack_ids, from_ns, to_ns, session,
		   CLINIC_SAMPLES);
	return err ? err
		   : save(&pending->waits, stack_ids, from_ns, to_ns, session,
			  CLINIC_WAITS);
}
