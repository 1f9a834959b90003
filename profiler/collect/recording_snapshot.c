/* Makes a session of a recording so far, with notes on how far to trust it. */
#include "collect/recording.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "collect/arena_findings.h"
#include "collect/arena_rows.h"
#include "collect/ended_arenas.h"
#include "collect/findings.h"
#include "collect/process_status.h"
#include "collect/recording_parts.h"
#include "collect/resident_rows.h"
#include "collect/stop_signals.h"
#include "collect/unseen_processes.h"
#include "foundation/static_probe.h"
#include "session/session.h"
#include "session/window.h"

/* For allocations and locks, arena_findings.c notes the same. */
static int note_unfit(const struct clinic_recording *recording,
		      struct clinic_session *session)
{
	const struct clinic_recording_plan *plan = recording->plan;
	const struct clinic_recording_outcome *outcome = recording->outcome;

	if (!outcome->unfit ||
	    (!plan->with_stages && strcmp(outcome->source.backend, "timer")))
		return 0;
	return clinic_session_format_note(
		session, 1,
		"%s ran without the library that takes timer samples and "
		"stages: %s",
		plan->argv[0], outcome->unfit);
}

static size_t count_roots(const struct clinic_attached *attached)
{
	size_t roots = 0;

	for (size_t i = 0; i < attached->count; i++)
		roots += attached->at[i].is_root;
	return roots;
}

static int note_unseen(const struct clinic_source *source, const char *missing,
		       struct clinic_session *session)
{
	struct unseen_roll unseen;

	if (!source->unseen)
		return 0;
	source->unseen(source->state, &unseen);
	return clinic_unseen_note(session, &unseen, missing);
}

/* Notes all that a reader must know to judge the session. */
static int note_findings(const struct clinic_recording *recording,
			 struct clinic_session *session)
{
	const struct clinic_recording_outcome *outcome = recording->outcome;
	struct clinic_findings findings = {
		.source = outcome->source,
		.counts = outcome->counts,
		.stolen_ns = recording->is_over ? recording->stolen_ns
						: clinic_stolen_ns() -
							  recording->stolen_ns,
		.frequency_hz = recording->plan->frequency_hz,
		.wants_off_cpu = recording->plan->with_off_cpu,
		.attached_count = outcome->target.attached.count,
		.roots_count = count_roots(&outcome->target.attached),
		/*
		 * Where there are arenas, their own note counts these
		 * processes.
		 */
		.outlives = outcome->target.has_ended &&
			    !outcome->target.attached.count &&
			    !recording->arenas.state,
	};
	int err = clinic_findings_note(session, &findings);

	if (!err)
		err = note_unfit(recording, session);
	if (!err)
		err = note_unseen(&recording->source, "samples and stages",
				  session);
	if (!err)
		err = note_unseen(&recording->stages, "stages", session);
	if (!err && clinic_stop_signals_is_hurried())
		err = clinic_session_add_note(
			session, 1,
			"a signal ended the look-up of names early: code that "
			"had no name by then has none");
	return err ? err
		   : clinic_findings_refusals(session, &outcome->refusals);
}

/* Saves the sums over the whole recording. */
static int save_arenas(struct clinic_recording *recording,
		       const uint32_t *stack_ids,
		       struct clinic_session *session)
{
	const struct clinic_arena_plan *plan = recording->plan->alloc;
	struct clinic_arena_sums sums = {
		.session = session,
		.numbers = clinic_recorder_numbers(recording->recorder),
		.stack_ids = stack_ids,
	};
	const struct clinic_ended_arenas *ended =
		clinic_recorder_ended_arenas(recording->recorder);
	struct clinic_arena_facts facts;
	int err;

	if (!recording->arenas.state || !stack_ids)
		return 0;
	clinic_arena_source_facts_get(&recording->arenas, &facts);
	err = clinic_ended_arenas_save(ended, stack_ids, session);
	for (size_t i = 0; !err && i < facts.images_count; i++)
		err = clinic_arena_rows_save(&sums, facts.images[i],
					     plan->with_alloc, plan->with_lock);
	if (!err)
		err = clinic_resident_rows_save(session, &facts);
	return err ? err
		   : clinic_arena_findings_note(
			     session, plan, &facts,
			     clinic_ended_arenas_counts(ended),
			     recording->plan->argv[0], recording->unobservable);
}

int clinic_recording_snapshot(struct clinic_recording *recording,
			      uint64_t from_ns, uint64_t to_ns,
			      struct clinic_session *session)
{
	const struct clinic_session_metadata *metadata =
		clinic_session_metadata(recording->session);
	const uint32_t *stack_ids;
	int err = recording->is_over ? 0 : clinic_recording_look(recording);

	DTRACE_PROBE2(clinic, snapshot_begin, from_ns, to_ns);
	if (!err)
		err = clinic_recorder_snapshot(recording->recorder, from_ns,
					       to_ns, session, &stack_ids);
	if (!err)
		err = save_arenas(recording, stack_ids, session);
	clinic_recorder_counts_get(recording->recorder,
				   &recording->outcome->counts);
	clinic_session_quality(session)->collector_peak_rss_bytes =
		clinic_process_peak_rss_bytes(getpid());
	if (!err)
		err = note_findings(recording, session);
	if (!err &&
	    (from_ns > metadata->started_ns || to_ns <= metadata->ended_ns))
		err = clinic_session_keep(session, from_ns,
					  to_ns < metadata->ended_ns
						  ? to_ns
						  : metadata->ended_ns);
	DTRACE_PROBE1(clinic, snapshot_end, err);
	return err;
}
