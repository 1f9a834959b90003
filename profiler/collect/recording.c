#include "collect/recording.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "collect/session_metadata.h"
#include "collect/backend.h"
#include "collect/findings.h"
#include "collect/process_status.h"
#include "collect/promptness.h"
#include "collect/stop_signals.h"
#include "session/session.h"

#define METRICS_PERIOD_NS 50000000u

/*
 * Another CPU may be in the middle of writing a record with a time just
 * past: what is this young waits for the next round.
 */
#define SETTLE_NS 1000000u

/*
 * A short program has no time to adapt to: recording starts with much of
 * each stack and the kernel's chain. If so many walks had no use for them, it
 * goes on with less, and comes back for good as soon as this was too little
 * for 1 in 100.
 */
#define DEPTH_WALKS_AT_FIRST 128
#define DEPTH_WALKS          256
#define DEPTH_MANY           3

struct recording {
	const struct clinic_recording_plan *plan;
	struct clinic_session *session;
	struct clinic_recording_outcome *outcome;
	struct clinic_source source;
	struct clinic_source stages; /* beside perf, when wanted */
	struct clinic_recorder *recorder;
	struct clinic_alloc_capture *allocs; /* NULL: not wanted */
	int signal_fd;
	uint64_t stop_ns; /* UINT64_MAX: when the target ends */
	uint64_t measured_ns;

	enum { DEEP_AT_FIRST, SHALLOW, DEEP_FOR_GOOD } depth;
	struct clinic_recorder_counts judged; /* when it was, last */
	bool has_lost_walks; /* that end early with all there is, too */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* After the launch: the target must not start with our signals blocked. */
static int catch_signals(struct recording *recording)
{
	recording->signal_fd = clinic_stop_signals_catch();
	return recording->signal_fd < 0 ? recording->signal_fd : 0;
}

/*
 * A terminal sends its Ctrl-C to the target too. What somebody sent to us
 * alone (kill, a supervisor) was meant for both.
 */
static void pass_on_signal(struct recording *recording)
{
	struct signalfd_siginfo signal;

	if (read(recording->signal_fd, &signal, sizeof(signal)) !=
	    sizeof(signal))
		return;
	recording->outcome->stopped_by = (int)signal.ssi_signo;
	if (signal.ssi_code <= 0 && recording->plan->argv &&
	    !recording->outcome->target.has_ended)
		kill(recording->outcome->target.pid, (int)signal.ssi_signo);
}

/* A terminal's Ctrl-C has ended the target, and reaches us after that. */
static void take_late_signal(struct recording *recording)
{
	struct pollfd signals = {.fd = recording->signal_fd, .events = POLLIN};

	if (poll(&signals, 1, 0) > 0)
		pass_on_signal(recording);
}

static int drain(struct recording *recording, uint64_t until_ns)
{
	int err = recording->source.drain(recording->source.state, until_ns,
					  clinic_recorder_handle_event,
					  recording->recorder);

	if (err || !recording->stages.state)
		return err;
	return recording->stages.drain(recording->stages.state, until_ns,
				       clinic_recorder_handle_stages,
				       recording->recorder);
}

static void set_depth(struct recording *recording, bool is_deep)
{
	recording->depth = is_deep ? DEEP_FOR_GOOD : SHALLOW;
	recording->source.set_depth(recording->source.state, is_deep);
}

static void judge_depth(struct recording *recording)
{
	const struct clinic_recorder_counts *judged = &recording->judged;
	struct clinic_recorder_counts counts;
	uint64_t walks, shorts, stranded;

	clinic_recorder_counts_get(recording->recorder, &counts);
	walks = counts.samples_count - judged->samples_count;
	shorts = counts.walks.short_count - judged->walks.short_count;
	stranded = counts.walks.stranded_count - judged->walks.stranded_count;
	if (recording->depth == SHALLOW &&
	    shorts + (recording->has_lost_walks ? 0 : stranded) >= DEPTH_MANY)
		set_depth(recording, true);
	if (walks < (recording->depth == DEEP_AT_FIRST ? DEPTH_WALKS_AT_FIRST
						       : DEPTH_WALKS))
		return;
	recording->judged = counts;
	if (recording->depth == DEEP_AT_FIRST && !shorts) {
		recording->has_lost_walks = stranded >= DEPTH_MANY;
		set_depth(recording, false);
	}
}

static int measure_if_due(struct recording *recording, uint64_t now_ns)
{
	struct clinic_cpu_time unused;

	if (now_ns - recording->measured_ns < METRICS_PERIOD_NS)
		return 0;
	recording->measured_ns = now_ns;
	/* An attached one can be gone the next time. */
	if (recording->outcome->target.is_attached)
		clinic_target_account(&recording->outcome->target, &unused);
	return clinic_recorder_measure(recording->recorder, now_ns);
}

/* Until something happens, or it is time to drain. */
static void wait_a_round(struct recording *recording)
{
	struct clinic_target *target = &recording->outcome->target;
	struct pollfd waits[2] = {
		{.fd = target->pid_fd, .events = POLLIN},
		{.fd = recording->signal_fd, .events = POLLIN},
	};

	poll(waits, 2,
	     (int)recording->source.period_ms(recording->source.state));
	if (waits[1].revents)
		pass_on_signal(recording);
	if (waits[0].revents && target->is_attached)
		target->has_ended = true;
	clinic_target_reap(target);
}

static bool is_over(const struct recording *recording, uint64_t now_ns)
{
	return recording->outcome->target.has_ended ||
	       recording->outcome->stopped_by || now_ns >= recording->stop_ns;
}

static int measure_until_over(struct recording *recording)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	int err = 0;

	if (recording->plan->duration_s > 0)
		recording->stop_ns =
			now_ns + (uint64_t)(recording->plan->duration_s * 1e9);
	while (!err && !is_over(recording, now_ns)) {
		wait_a_round(recording);
		now_ns = clock_ns(CLOCK_MONOTONIC);
		err = drain(recording, now_ns - SETTLE_NS);
		if (!err)
			err = measure_if_due(recording, now_ns);
		judge_depth(recording);
	}
	recording->source.stop(recording->source.state);
	return err ? err : drain(recording, UINT64_MAX);
}

static uint64_t own_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/*
 * Ticks that fell into the kernel gave no sample where we may not look
 * there: their time is shown as what it is.
 */
static int add_unsampled(struct recording *recording)
{
	const struct clinic_quality *quality =
		clinic_session_quality(recording->session);

	if (recording->outcome->source.kernel_visible ||
	    !quality->accounted_kernel_ns)
		return 0;
	return clinic_recorder_add_unsampled(
		recording->recorder, (uint32_t)recording->outcome->target.pid,
		clinic_session_about(recording->session)->ended_ns,
		quality->accounted_kernel_ns);
}

/* Before the naming: that is work for the reader, not a cost of watching. */
static int account(struct recording *recording, uint64_t cpu_before_ns)
{
	struct clinic_quality *quality =
		clinic_session_quality(recording->session);
	struct clinic_recording_outcome *outcome = recording->outcome;
	struct clinic_about *about = clinic_session_about(recording->session);
	struct clinic_cpu_time accounted;
	int err;

	about->ended_ns = clock_ns(CLOCK_MONOTONIC);
	quality->collector_cpu_ns = own_cpu_ns() - cpu_before_ns;
	clinic_target_reap(&outcome->target);
	clinic_target_account(&outcome->target, &accounted);
	clinic_recorder_account(recording->recorder,
				(uint32_t)outcome->target.pid, &accounted);
	quality->accounted_cpu_ns = accounted.all_ns;
	quality->accounted_kernel_ns = accounted.kernel_ns;
	recording->source.describe(recording->source.state, &outcome->source);
	quality->kernel_visible = outcome->source.kernel_visible;
	err = clinic_session_metadata_source(recording->session,
					     &outcome->source);
	if (!err)
		err = clinic_recorder_end_waits(recording->recorder,
						about->ended_ns);
	if (!err)
		err = add_unsampled(recording);
	clinic_recorder_counts_get(recording->recorder, &outcome->counts);
	quality->lost_count = outcome->counts.lost_count;
	quality->throttled_count = outcome->counts.throttled_count;
	about->exit_code = (uint32_t)outcome->target.exit_code;
	return err;
}

static int watch_waits(struct recording *recording, uint64_t now_ns)
{
	struct clinic_source_facts facts;

	recording->source.describe(recording->source.state, &facts);
	if (facts.off_cpu == CLINIC_OFF_CPU_UNSEEN)
		return 0;
	return clinic_recorder_watch_waits(recording->recorder,
					   !recording->plan->argv, now_ns);
}

static int begin(struct recording *recording)
{
	struct clinic_recording_outcome *outcome = recording->outcome;
	struct clinic_about *about = clinic_session_about(recording->session);
	int err = clinic_backend_begin(
		recording->plan,
		recording->allocs ? clinic_alloc_settings(recording->allocs)
				  : NULL,
		outcome, &recording->source, &recording->stages);

	if (!err)
		err = clinic_recorder_watch(recording->recorder,
					    (uint32_t)outcome->target.pid);
	if (!err)
		err = catch_signals(recording);
	about->started_realtime_ns = clock_ns(CLOCK_REALTIME);
	about->started_ns = clock_ns(CLOCK_MONOTONIC);
	about->frequency_hz = recording->plan->frequency_hz;
	if (!err)
		err = watch_waits(recording, about->started_ns);
	if (!err)
		err = clinic_session_metadata_target(recording->session,
						     recording->plan->argv,
						     outcome->target.pid);
	if (!err)
		err = clinic_session_metadata_host(recording->session);
	return err ? err : clinic_target_go(&outcome->target);
}

/* Of allocations and locks it is said where they are read. */
static int note_unfit(struct recording *recording)
{
	const struct clinic_recording_plan *plan = recording->plan;
	const struct clinic_recording_outcome *outcome = recording->outcome;
	char text[PATH_MAX + 300];

	if (!outcome->unfit ||
	    (!plan->with_stages && strcmp(outcome->source.backend, "timer")))
		return 0;
	snprintf(text, sizeof(text),
		 "%s ran without the library that takes timer samples and "
		 "stages: %s",
		 plan->argv[0], outcome->unfit);
	return clinic_session_add_note(recording->session, 1, text);
}

/* After the naming, of which it tells too. */
static int find(struct recording *recording, uint64_t stolen_ns)
{
	const struct clinic_recording_outcome *outcome = recording->outcome;
	struct clinic_findings findings = {
		.source = outcome->source,
		.counts = outcome->counts,
		.kernel_names_error = outcome->naming.kernel_error,
		.unopened_count = outcome->naming.unopened_count,
		.stolen_ns = stolen_ns,
		.frequency_hz = recording->plan->frequency_hz,
		.wants_off_cpu = recording->plan->with_off_cpu,
		.is_attached = outcome->target.is_attached,
	};
	int err;

	clinic_session_quality(recording->session)->collector_peak_rss_bytes =
		clinic_process_peak_rss_bytes(getpid());
	err = clinic_findings_note(recording->session, &findings);
	if (!err)
		err = note_unfit(recording);
	if (!err && clinic_stop_signals_is_hurried())
		err = clinic_session_add_note(
			recording->session, 1,
			"a signal ended the naming early: code that had no "
			"name by then has none");
	return err ? err
		   : clinic_findings_refusals(recording->session,
					      &outcome->refusals);
}

static int measure_and_name(struct recording *recording)
{
	struct clinic_recording_outcome *outcome = recording->outcome;
	struct clinic_naming_options naming = {
		.use_debuginfod = recording->plan->use_debuginfod};
	uint64_t cpu_before_ns = own_cpu_ns();
	uint64_t stolen_ns = clinic_stolen_ns();
	struct clinic_promptness promptness;
	int err, account_err, naming_err;

	clinic_promptness_raise(&promptness);
	err = measure_until_over(recording);
	clinic_promptness_restore(&promptness);
	stolen_ns = clinic_stolen_ns() - stolen_ns;
	take_late_signal(recording);
	clinic_stop_signals_hurry();
	outcome->has_measured = true;
	outcome->failed = CLINIC_STEP_MEASURE;
	account_err = account(recording, cpu_before_ns);
	naming_err = clinic_recorder_finish(recording->recorder, &naming,
					    &outcome->naming);
	if (!naming_err && recording->allocs)
		naming_err = clinic_alloc_collect(recording->allocs, &naming,
						  recording->session);
	if (!naming_err)
		naming_err = find(recording, stolen_ns);
	if (!err && !account_err)
		outcome->failed = CLINIC_STEP_NAME;
	return err ? err : account_err ? account_err : naming_err;
}

int clinic_recording_run(const struct clinic_recording_plan *plan,
			 struct clinic_session *session,
			 struct clinic_recording_outcome *outcome)
{
	struct recording recording = {.plan = plan,
				      .session = session,
				      .outcome = outcome,
				      .signal_fd = -1,
				      .stop_ns = UINT64_MAX};
	int err;

	*outcome = (struct clinic_recording_outcome){0};
	outcome->target = (struct clinic_target){
		.go_fd = -1, .failed_fd = -1, .pid_fd = -1};
	err = clinic_recorder_new(session, &recording.recorder);
	if (!err && plan->alloc && plan->argv)
		err = clinic_alloc_prepare(plan->alloc, plan->argv[0],
					   &recording.allocs);
	if (!err)
		err = begin(&recording);
	if (!err)
		err = measure_and_name(&recording);
	if (recording.source.close)
		recording.source.close(recording.source.state);
	if (recording.stages.close)
		recording.stages.close(recording.stages.state);
	if (recording.signal_fd >= 0)
		close(recording.signal_fd);
	clinic_alloc_free(recording.allocs);
	clinic_recorder_free(recording.recorder);
	return err;
}
