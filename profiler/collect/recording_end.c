/* Ends a recording, and accounts for it in the middle and at the end. */
#include "collect/recording_parts.h"

#include "collect/findings.h"
#include "collect/session_metadata.h"
#include "collect/stop_signals.h"
#include "foundation/static_probe.h"
#include "session/session.h"

/*
 * Where we may not sample the kernel, ticks that fell into it gave no sample.
 * The report shows their time as unsampled kernel time.
 */
static int add_unsampled(struct clinic_recording *recording)
{
	const struct clinic_quality *quality =
		clinic_session_quality(recording->session);

	if (recording->outcome->source.kernel_visible ||
	    !quality->accounted_kernel_ns)
		return 0;
	return clinic_recorder_add_unsampled(
		recording->recorder, (uint32_t)recording->outcome->target.pid,
		clinic_session_metadata(recording->session)->ended_ns,
		quality->accounted_kernel_ns);
}

/*
 * The account is made before the naming, because naming is work for the reader
 * and no cost of watching.
 */
static void account(struct clinic_recording *recording)
{
	struct clinic_quality *quality =
		clinic_session_quality(recording->session);
	struct clinic_recording_outcome *outcome = recording->outcome;
	struct clinic_session_metadata *metadata =
		clinic_session_metadata(recording->session);
	struct clinic_cpu_time accounted;

	metadata->ended_ns = clinic_recording_clock_ns(CLOCK_MONOTONIC);
	quality->collector_cpu_ns =
		clinic_recording_clock_ns(CLOCK_PROCESS_CPUTIME_ID) -
		recording->cpu_before_ns;
	clinic_target_reap(&outcome->target);
	clinic_target_account(&outcome->target, &accounted);
	clinic_recorder_account(recording->recorder, &outcome->target,
				&accounted);
	quality->accounted_cpu_ns = accounted.all_ns;
	quality->accounted_kernel_ns = accounted.kernel_ns;
	recording->source.describe(recording->source.state, &outcome->source);
	quality->kernel_visible = outcome->source.kernel_visible;
	metadata->exit_code = (uint32_t)outcome->target.exit_code;
}

static void count(struct clinic_recording *recording)
{
	struct clinic_quality *quality =
		clinic_session_quality(recording->session);
	struct clinic_recorder_counts *counts = &recording->outcome->counts;

	clinic_recorder_counts_get(recording->recorder, counts);
	quality->lost_count = counts->lost_count;
	quality->throttled_count = counts->throttled_count;
}

int clinic_recording_finish(struct clinic_recording *recording, int err)
{
	struct clinic_recording_outcome *outcome = recording->outcome;
	int account_err;

	recording->is_over = true;
	outcome->has_measured = true;
	recording->source.stop(recording->source.state);
	if (!err)
		err = clinic_recording_drain(recording, UINT64_MAX);
	clinic_promptness_restore(&recording->promptness);
	recording->stolen_ns = clinic_stolen_ns() - recording->stolen_ns;
	clinic_recording_handle_late_signal(recording);
	clinic_stop_signals_hurry();
	account(recording);
	account_err = clinic_session_metadata_source(recording->session,
						     &outcome->source);
	if (!account_err)
		account_err = clinic_recorder_end_waits(
			recording->recorder,
			clinic_session_metadata(recording->session)->ended_ns);
	if (!account_err)
		account_err = add_unsampled(recording);
	count(recording);
	DTRACE_PROBE3(clinic, recording_stop, outcome->target.pid,
		      outcome->counts.samples_count,
		      outcome->counts.lost_count);
	outcome->failed = err || account_err ? CLINIC_STEP_MEASURE
					     : CLINIC_STEP_NAME;
	return err ? err : account_err;
}

int clinic_recording_look(struct clinic_recording *recording)
{
	int err = clinic_recording_drain(
		recording,
		clinic_recording_clock_ns(CLOCK_MONOTONIC) - CLINIC_SETTLE_NS);

	account(recording);
	if (!err)
		err = clinic_session_metadata_source(
			recording->session, &recording->outcome->source);
	count(recording);
	return err;
}
