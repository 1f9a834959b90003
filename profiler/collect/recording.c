/* Steps a recording: waits, drains all sources, and measures what is due. */
#include "collect/recording.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collect/counted_changes.h"
#include "collect/ended_arenas.h"
#include "collect/recording_parts.h"
#include "collect/resident_rows.h"
#include "foundation/static_probe.h"

#define METRICS_PERIOD_NS 50000000u

/*
 * A target that gets the signal that ends the recording, too, has mostly ended
 * within this time. Its end is measured then, and its shared memory is removed.
 */
#define ENDS_WITHIN_NS 200000000u

static void stop_at(struct clinic_recording *recording, uint64_t stop_ns)
{
	if (stop_ns < recording->stop_ns)
		recording->stop_ns = stop_ns;
}

/*
 * A terminal sends its Ctrl-C to the target, too. A signal that was sent to us
 * alone, by kill or a supervisor, was meant for both.
 */
static void pass_on_signal(struct clinic_recording *recording)
{
	struct signalfd_siginfo signal;

	if (read(recording->signal_fd, &signal, sizeof(signal)) !=
	    sizeof(signal))
		return;
	recording->outcome->stopped_by = (int)signal.ssi_signo;
	stop_at(recording,
		clinic_recording_clock_ns(CLOCK_MONOTONIC) +
			(recording->plan->argv ? ENDS_WITHIN_NS : 0));
	if (signal.ssi_code <= 0 && recording->plan->argv &&
	    !recording->outcome->target.has_ended)
		kill(recording->outcome->target.pid, (int)signal.ssi_signo);
}

void clinic_recording_handle_late_signal(struct clinic_recording *recording)
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

/*
 * In a run of very many programs, the arenas of those that have ended become
 * sums.
 */
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

int clinic_recording_drain(struct clinic_recording *recording,
			   uint64_t until_ns)
{
	int err;

	DTRACE_PROBE1(clinic, drain_begin, until_ns);
	err = recording->source.drain(recording->source.state, until_ns,
				      clinic_recorder_handle_event,
				      recording->recorder);
	if (!err && recording->stages.state)
		err = recording->stages.drain(recording->stages.state, until_ns,
					      clinic_recorder_handle_stages,
					      recording->recorder);
	if (!err)
		err = drain_arenas(recording, until_ns);
	if (!err)
		err = clinic_recorder_compact(recording->recorder);
	DTRACE_PROBE1(clinic, drain_end, err);
	return err;
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

/* Waits until something happens or a drain is due. */
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
	int err = clinic_recording_drain(recording, now_ns - CLINIC_SETTLE_NS);

	if (!err)
		err = measure_if_due(recording, now_ns);
	clinic_recording_adapt_depth(recording);
	return err;
}

int clinic_recording_step(struct clinic_recording *recording, int timeout_ms)
{
	uint64_t now_ns;
	int err;

	if (recording->is_over)
		return 0;
	if (has_to_end(recording, clinic_recording_clock_ns(CLOCK_MONOTONIC)))
		return clinic_recording_finish(recording, 0);
	wait_a_round(recording, timeout_ms);
	now_ns = clinic_recording_clock_ns(CLOCK_MONOTONIC);
	err = measure_a_round(recording, now_ns);
	if (err || has_to_end(recording, now_ns))
		return clinic_recording_finish(recording, err);
	return 1;
}
