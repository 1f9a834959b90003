/* Saves the rows of a time, with names, and returns what was counted. */
#include "collect/recorder.h"

#include "collect/process_status.h"
#include "collect/recorder_parts.h"

static int save_metrics(struct clinic_recorder *recorder, uint64_t from_ns,
			uint64_t to_ns, struct clinic_session *session)
{
	struct clinic_row_ring *metrics = &recorder->metrics;
	size_t end = clinic_row_ring_from(metrics, to_ns);
	int err = 0;

	for (size_t i = clinic_row_ring_from(metrics, from_ns); !err && i < end;
	     i++)
		err = clinic_session_add(session, CLINIC_METRICS,
					 clinic_row_ring_at(metrics, i));
	return err;
}

/* If only the names of stacks are missing, what was measured is still saved. */
int clinic_recorder_snapshot(struct clinic_recorder *recorder, uint64_t from_ns,
			     uint64_t to_ns, struct clinic_session *session,
			     const uint32_t **stack_ids)
{
	int naming_err = clinic_naming_update(recorder->naming,
					      recorder->stacks, stack_ids);
	int err;

	if (!naming_err)
		naming_err =
			clinic_counted_numbers_name_locks(recorder->numbers);
	err = clinic_session_copy(session, recorder->session);
	if (!*stack_ids)
		return naming_err;
	if (!err)
		err = clinic_pending_samples_save(&recorder->pending,
						  *stack_ids, from_ns, to_ns,
						  session);
	if (!err)
		err = save_metrics(recorder, from_ns, to_ns, session);
	if (!err)
		err = clinic_counted_changes_save(recorder->changes, *stack_ids,
						  from_ns, to_ns, session);
	return err ? err : naming_err;
}

static uint64_t taken(const struct clinic_row_ring *ring)
{
	return ring->count + ring->overwritten_count;
}

/* Counts processes whose end was not reported and that still have memory. */
static uint64_t count_running(const struct clinic_recorder *recorder)
{
	uint64_t count = 0;
	uint32_t pid = 0;

	while ((pid = clinic_processes_next(recorder->processes, pid)))
		count += clinic_process_peak_rss_bytes((pid_t)pid) > 0;
	return count;
}

void clinic_recorder_counts_get(const struct clinic_recorder *recorder,
				struct clinic_recorder_counts *counts)
{
	*counts = (struct clinic_recorder_counts){
		.samples_count = taken(&recorder->pending.samples),
		.switchless_count = recorder->switchless_count,
		.waits_count = taken(&recorder->pending.waits),
		.overwritten_count =
			recorder->pending.samples.overwritten_count +
			recorder->pending.waits.overwritten_count +
			recorder->metrics.overwritten_count +
			clinic_counted_changes_overwritten(recorder->changes),
		.approximate_count = recorder->approximate_count,
		.weight_ns = recorder->weight_ns,
		.late_count = recorder->late_count,
		.late_ns = recorder->late_ns,
		.lost_count = recorder->lost_count,
		.throttled_count = recorder->throttled_count,
		.threads_count =
			clinic_processes_threads_count(recorder->processes),
		.running_count = count_running(recorder),
		.folded_threads_count = recorder->folded_threads_count,
		.walks = *clinic_stack_walker_counts(recorder->walker),
	};
	clinic_naming_facts_get(recorder->naming, &counts->naming);
}
