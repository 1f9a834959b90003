/*
 * collect/recording.h - instruments on a program, from its start to a session.
 *
 *	clinic_recording_open(&plan, &outcome, &recording);
 *	while (clinic_recording_step(recording, -1) > 0)
 *		;                         or a snapshot in between
 *	clinic_recording_snapshot(recording, 0, UINT64_MAX, session);
 *	clinic_recording_close(recording);
 *
 * Chooses a backend, starts the target or attaches to it, and drains all
 * sources step by step until it ends (or a signal or the duration says stop).
 * A snapshot names what it needs and fills in what is needed to judge it.
 *
 *	perf or timer --+
 *	stages ---------+--> recorder (rings, raw stacks) --> snapshot: session
 *	arenas (10 Hz) -+
 *
 * Signals    from open on those of stop_signals.h mean: stop, and keep what was
 *            measured. One that was sent to us alone is passed on to a
 *            launched target.
 * Ownership  plan and outcome are the caller's, and outlive the recording.
 * Memory     bounded, however long it takes: see recorder.h.
 * Errors     0 or -errno, and outcome->failed says at what. A snapshot is
 *            worth writing if outcome->has_measured.
 * Threads    one recording per process.
 * Read next  backend.h, event_source.h, recorder.h, target.h.
 */
#ifndef CLINIC_COLLECT_RECORDING_H
#define CLINIC_COLLECT_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/recording_plan.h"

struct clinic_session;
struct clinic_recording;

/* The target runs when this returns 0. */
int clinic_recording_open(const struct clinic_recording_plan *plan,
			  struct clinic_recording_outcome *outcome,
			  struct clinic_recording **recording);

/*
 * Waits until something happens or a drain is due, timeout_ms at most (-1: no
 * limit but that), and drains. 1: it goes on; 0: it is over, all of it was
 * drained, and further steps do nothing; or -errno: likewise over.
 */
int clinic_recording_step(struct clinic_recording *recording, int timeout_ms);

/*
 * What happened in from_ns <= time < to_ns (CLOCK_MONOTONIC), with names, into
 * a new session: in between, or once it is over. Exact sums of allocations and
 * locks are those of the whole recording; of a part, those of the changes.
 */
int clinic_recording_snapshot(struct clinic_recording *recording,
			      uint64_t from_ns, uint64_t to_ns,
			      struct clinic_session *session);

void clinic_recording_close(
	struct clinic_recording *recording); /* NULL: fine */

#endif
