/* One recording: starts the target, and drains all sources until it ends. */
#include "collect/recording.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "collect/backend.h"
#include "collect/ended_arenas.h"
#include "collect/findings.h"
#include "collect/observable.h"
#include "collect/process_status.h"
#include "collect/promptness.h"
#include "collect/recording_parts.h"
#include "collect/resident_rows.h"
#include "collect/session_metadata.h"
#include "collect/stop_signals.h"
#include "session/session.h"

#define METRICS_PERIOD_NS 50000000u

/*
 * Another CPU may still be writing a record whose time has just passed. So
 * each round reads only records that are at least this old; younger ones are
 * read in the next round.
 */
#define SETTLE_NS 1000000u

/*
 * Who gets the signal that ends the recording, too, has mostly ended within
 * this time: its end is measured then, and nothing of it is left in memory.
 */
#define ENDS_WITHIN_NS 200000000u

/*
 * A short program has no time to adapt to: recording starts with much of
 * each stack and the kernel's chain. If so many walks had no use for them, it
 * goes on with less, and comes back for good as soon as this was too little
 * for 1 in 100.
 */
#define DEPTH_WALKS_AT_FIRST 128
#define DEPTH_WALKS          256
#define DEPTH_MANY           3

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * This comes after the launch, because the target must not start with our
 * signals blocked.
 */
static int catch_signals(struct clinic_recording *recording)
{
	recording->signal_fd = clinic_stop_signals_catch();
	return recording->signal_fd < 0 ? recording->signal_fd : 0;
}

static void stop_at(struct clinic_recording *recording, uint64_t stop_ns)
{
	if (stop_ns < recording->stop_ns)
		recording->stop_ns = stop_ns;
}

/*
 * A terminal sends its Ctrl-C to the target too. What somebody sent to us
 * alone (kill, a supervisor) was meant for both.
 */
static void pass_on_signal(struct clinic_recording *recording)
{
	struct signalfd_siginfo signal;

	if (read(recording->signal_fd, &signal, sizeof(signal)) !=
	    sizeof(signal))
		return;
	recording->outcome->stopped_by = (int)signal.ssi_signo;
	stop_at(recording,
		clock_ns(CLOCK_MONOTONIC) +
			(recording->plan->argv ? ENDS_WITHIN_NS : 0));
	if (signal.ssi_code <= 0 && recording->plan->argv &&
	    !recording->outcome->target.has_ended)
		kill(recording->outcome->target.pid, (int)signal.ssi_signo);
}

/*
 * A Ctrl-C on the terminal may end the target before the signal reaches us: we
 * still note it.
 */
static void take_late_signal(struct clinic_recording *recording)
{
	struct pollfd signals = {.fd = recording->signal_fd, .events = POLLIN};

	if (poll(&signals, 1, 0) > 0)
		pass_on_signal(recording);
}

struct retiring {
	struct clinic_ended_arenas *ended;
	const struct clinic_arena_plan *plan;
};

static int add_ended(void *context, const struct arena_image *image)
{
	const struct retiring *retiring = context;

	return clinic_ended_arenas_add(retiring->ended, retiring->plan, image);
}

/* In a run of very many programs, those that have ended become sums. */
static int retire_arenas(struct clinic_recording *recording)
{
	struct retiring retiring = {
		.ended = clinic_recorder_ended_arenas(recording->recorder),
		.plan = recording->plan->alloc,
	};
	struct clinic_arena_facts facts;
	size_t retired_count;
	int err = clinic_arena_source_retire(&recording->arenas, add_ended,
					     &retiring, &retired_count);

	if (err || !retired_count)
		return err;
	clinic_arena_source_facts_get(&recording->arenas, &facts);
	return clinic_counted_changes_reuse(
		clinic_recorder_changes(recording->recorder), facts.images,
		facts.images_count);
}

static int drain_arenas(struct clinic_recording *recording, uint64_t until_ns)
{
	uint64_t period_ns = (uint64_t)CLINIC_ARENA_PERIOD_MS * 1000000u;
	int err;

	if (!recording->arenas.state ||
	    until_ns - recording->arenas_drained_ns < period_ns)
		return 0;
	recording->arenas_drained_ns = until_ns;
	err = recording->arenas.drain(recording->arenas.state, until_ns,
				      clinic_recorder_handle_event,
				      recording->recorder);
	return err ? err : retire_arenas(recording);
}

static int drain(struct clinic_recording *recording, uint64_t until_ns)
{
	int err = recording->source.drain(recording->source.state, until_ns,
					  clinic_recorder_handle_event,
					  recording->recorder);

	if (!err && recording->stages.state)
		err = recording->stages.drain(recording->stages.state, until_ns,
					      clinic_recorder_handle_stages,
					      recording->recorder);
	if (!err)
		err = drain_arenas(recording, until_ns);
	return err ? err : clinic_recorder_compact(recording->recorder);
}

static void set_depth(struct clinic_recording *recording, bool is_deep)
{
	recording->depth = is_deep ? DEEP_FOR_GOOD : SHALLOW;
	recording->source.set_depth(recording->source.state, is_deep);
}

static void judge_depth(struct clinic_recording *recording)
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

static void look_at_arenas(const struct clinic_recording *recording)
{
	struct clinic_arena_facts facts;

	clinic_arena_source_facts_get(&recording->arenas, &facts);
	clinic_resident_look(&facts);
}

static int measure_if_due(struct clinic_recording *recording, uint64_t now_ns)
{
	if (now_ns - recording->measured_ns < METRICS_PERIOD_NS)
		return 0;
	recording->measured_ns = now_ns;
	clinic_target_look(&recording->outcome->target);
	if (recording->arenas.state)
		look_at_arenas(recording);
	return clinic_recorder_measure(recording->recorder, now_ns);
}

/* Until something happens, or it is time to drain. */
static void wait_a_round(struct clinic_recording *recording, int timeout_ms)
{
	struct clinic_target *target = &recording->outcome->target;
	int period_ms =
		(int)recording->source.period_ms(recording->source.state);
	struct pollfd waits[2] = {
		{.fd = target->pid_fd, .events = POLLIN},
		{.fd = recording->signal_fd, .events = POLLIN},
	};

	poll(waits, 2,
	     timeout_ms >= 0 && timeout_ms < period_ms ? timeout_ms
						       : period_ms);
	if (waits[1].revents)
		pass_on_signal(recording);
	clinic_target_reap(target);
}

static bool has_to_end(const struct clinic_recording *recording,
		       uint64_t now_ns)
{
	return recording->outcome->target.has_ended ||
	       now_ns >= recording->stop_ns;
}

static int measure_a_round(struct clinic_recording *recording, uint64_t now_ns)
{
	int err = drain(recording, now_ns - SETTLE_NS);

	if (!err)
		err = measure_if_due(recording, now_ns);
	judge_depth(recording);
	return err;
}

static uint64_t own_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/*
 * Ticks that fell into the kernel gave no sample where we may not look
 * there: their time is shown as what it is.
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
		clinic_session_about(recording->session)->ended_ns,
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
	struct clinic_about *about = clinic_session_about(recording->session);
	struct clinic_cpu_time accounted;

	about->ended_ns = clock_ns(CLOCK_MONOTONIC);
	quality->collector_cpu_ns = own_cpu_ns() - recording->cpu_before_ns;
	clinic_target_reap(&outcome->target);
	clinic_target_account(&outcome->target, &accounted);
	clinic_recorder_account(recording->recorder, &outcome->target,
				&accounted);
	quality->accounted_cpu_ns = accounted.all_ns;
	quality->accounted_kernel_ns = accounted.kernel_ns;
	recording->source.describe(recording->source.state, &outcome->source);
	quality->kernel_visible = outcome->source.kernel_visible;
	about->exit_code = (uint32_t)outcome->target.exit_code;
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

/*
 * Runs once at the end: stops the samples, and ends all waits that still last.
 */
static int finish(struct clinic_recording *recording, int err)
{
	struct clinic_recording_outcome *outcome = recording->outcome;
	int account_err;

	recording->is_over = true;
	outcome->has_measured = true;
	recording->source.stop(recording->source.state);
	if (!err)
		err = drain(recording, UINT64_MAX);
	clinic_promptness_restore(&recording->promptness);
	recording->stolen_ns = clinic_stolen_ns() - recording->stolen_ns;
	take_late_signal(recording);
	clinic_stop_signals_hurry();
	account(recording);
	account_err = clinic_session_metadata_source(recording->session,
						     &outcome->source);
	if (!account_err)
		account_err = clinic_recorder_end_waits(
			recording->recorder,
			clinic_session_about(recording->session)->ended_ns);
	if (!account_err)
		account_err = add_unsampled(recording);
	count(recording);
	outcome->failed = err || account_err ? CLINIC_STEP_MEASURE
					     : CLINIC_STEP_NAME;
	return err ? err : account_err;
}

int clinic_recording_step(struct clinic_recording *recording, int timeout_ms)
{
	uint64_t now_ns;
	int err;

	if (recording->is_over)
		return 0;
	if (has_to_end(recording, clock_ns(CLOCK_MONOTONIC)))
		return finish(recording, 0);
	wait_a_round(recording, timeout_ms);
	now_ns = clock_ns(CLOCK_MONOTONIC);
	err = measure_a_round(recording, now_ns);
	if (err || has_to_end(recording, now_ns))
		return finish(recording, err);
	return 1;
}

static int watch_waits(struct clinic_recording *recording, uint64_t now_ns)
{
	struct clinic_source_facts facts;

	recording->source.describe(recording->source.state, &facts);
	if (facts.off_cpu == CLINIC_OFF_CPU_UNSEEN)
		return 0;
	return clinic_recorder_watch_waits(recording->recorder,
					   !recording->plan->argv, now_ns);
}

static int open_arenas(struct clinic_recording *recording)
{
	const struct clinic_recording_plan *plan = recording->plan;

	if (!plan->alloc || !plan->argv)
		return 0;
	recording->unobservable = clinic_unobservable(plan->argv[0]);
	return clinic_arena_source_open(
		plan->alloc, clinic_recorder_modules(recording->recorder),
		&recording->arenas);
}

/* A child of an attached one may have ended meanwhile. */
static int watch_processes(struct clinic_recording *recording)
{
	const struct clinic_target *target = &recording->outcome->target;
	int err = clinic_recorder_watch(recording->recorder,
					(uint32_t)target->pid);

	for (size_t i = 0; !err && i < target->attached.count; i++) {
		const struct clinic_attached_process *process =
			&target->attached.at[i];

		err = clinic_recorder_watch(recording->recorder,
					    (uint32_t)process->pid);
		if (err == -ESRCH && !process->is_root)
			err = 0;
	}
	return err;
}

static int begin(struct clinic_recording *recording)
{
	struct clinic_recording_outcome *outcome = recording->outcome;
	struct clinic_about *about = clinic_session_about(recording->session);
	int err = clinic_backend_begin(
		recording->plan,
		recording->arenas.state
			? clinic_arena_source_settings(&recording->arenas)
			: NULL,
		outcome, &recording->source, &recording->stages);

	if (!err)
		err = watch_processes(recording);
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
						     &outcome->target);
	if (!err)
		err = clinic_session_metadata_host(recording->session);
	return err ? err : clinic_target_go(&outcome->target);
}

static void start_clocks(struct clinic_recording *recording)
{
	double duration_s = recording->plan->duration_s;

	recording->stolen_ns = clinic_stolen_ns();
	if (duration_s > 0)
		recording->stop_ns = clock_ns(CLOCK_MONOTONIC) +
				     (uint64_t)(duration_s * 1e9);
	clinic_promptness_raise(&recording->promptness);
}

int clinic_recording_open(const struct clinic_recording_plan *plan,
			  struct clinic_recording_outcome *outcome,
			  struct clinic_recording **opened)
{
	struct clinic_naming_options naming = {.use_debuginfod =
						       plan->use_debuginfod};
	struct clinic_recording *recording = calloc(1, sizeof(*recording));
	int err;

	*outcome = (struct clinic_recording_outcome){0};
	outcome->target = (struct clinic_target){
		.go_fd = -1, .failed_fd = -1, .pid_fd = -1};
	if (!recording)
		return -ENOMEM;
	/*
	 * Attaching to a process with 65 000 mappings takes a second, which is
	 * a cost of watching.
	 */
	recording->cpu_before_ns = own_cpu_ns();
	recording->plan = plan;
	recording->outcome = outcome;
	recording->signal_fd = -1;
	recording->stop_ns = UINT64_MAX;
	err = clinic_recorder_new(&naming, &recording->recorder);
	if (!err) {
		recording->session =
			clinic_recorder_session(recording->recorder);
		err = open_arenas(recording);
	}
	if (!err)
		err = begin(recording);
	if (err) {
		clinic_recording_close(recording);
		return err;
	}
	start_clocks(recording);
	*opened = recording;
	return 0;
}

int clinic_recording_look(struct clinic_recording *recording)
{
	int err = drain(recording, clock_ns(CLOCK_MONOTONIC) - SETTLE_NS);

	account(recording);
	if (!err)
		err = clinic_session_metadata_source(
			recording->session, &recording->outcome->source);
	count(recording);
	return err;
}

static void close_source(struct clinic_source *source)
{
	if (source->close)
		source->close(source->state);
}

void clinic_recording_close(struct clinic_recording *recording)
{
	if (!recording)
		return;
	close_source(&recording->source);
	close_source(&recording->stages);
	close_source(&recording->arenas);
	if (recording->signal_fd >= 0)
		close(recording->signal_fd);
	clinic_recorder_free(recording->recorder);
	free(recording);
}
