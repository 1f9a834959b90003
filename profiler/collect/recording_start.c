/* Opens a recording (sources, then target, then clocks), and closes it. */
#include "collect/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/backend.h"
#include "collect/observable.h"
#include "collect/findings.h"
#include "collect/recording_parts.h"
#include "collect/session_metadata.h"
#include "collect/stop_signals.h"
#include "foundation/static_probe.h"
#include "session/session.h"

/*
 * Signals are caught before there is anything to remove: one that came earlier
 * than the target left the folder in shared memory behind.
 */
static int catch_signals(struct clinic_recording *recording)
{
	recording->signal_fd = clinic_stop_signals_catch();
	return recording->signal_fd < 0 ? recording->signal_fd : 0;
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

/* A child of an attached process may have ended meanwhile: -ESRCH. */
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
	struct clinic_session_metadata *metadata =
		clinic_session_metadata(recording->session);
	int err = clinic_backend_begin(
		recording->plan,
		recording->arenas.state
			? clinic_arena_source_settings(&recording->arenas)
			: NULL,
		outcome, &recording->source, &recording->stages);

	if (!err)
		err = watch_processes(recording);
	metadata->started_realtime_ns =
		clinic_recording_clock_ns(CLOCK_REALTIME);
	metadata->started_ns = clinic_recording_clock_ns(CLOCK_MONOTONIC);
	metadata->frequency_hz = recording->plan->frequency_hz;
	if (!err)
		err = watch_waits(recording, metadata->started_ns);
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
		recording->stop_ns =
			clinic_recording_clock_ns(CLOCK_MONOTONIC) +
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
	recording->cpu_before_ns =
		clinic_recording_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	recording->plan = plan;
	recording->outcome = outcome;
	recording->signal_fd = -1;
	recording->stop_ns = UINT64_MAX;
	err = catch_signals(recording);
	if (!err)
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
		clinic_stop_signals_restore();
		return err;
	}
	start_clocks(recording);
	DTRACE_PROBE2(clinic, recording_start, outcome->target.pid,
		      plan->frequency_hz);
	*opened = recording;
	return 0;
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
