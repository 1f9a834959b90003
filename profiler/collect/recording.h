/*
 * collect/recording.h - record a program, from its start to a session.
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
 * Signals    from open on, those of stop_signals.h stop the recording and keep
 *            what was measured. A signal that was sent to us alone is passed on
 *            to a launched target.
 * Ownership  plan and outcome belong to the caller, and outlive the recording.
 * Memory     bounded, however long it takes: see recorder.h.
 * Errors     0 or -errno, and outcome->failed says in which step. A snapshot is
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
 * Waits until something happens or a drain is due, but timeout_ms at most (-1:
 * no other limit), and drains. Returns 1 if the recording goes on; 0 if it is
 * over and everything was drained; or -errno, after which it is over, too.
 * Further steps then do nothing.
 */
int clinic_recording_step(struct clinic_recording *recording, int timeout_ms);

/*
 * Saves what happened in from_ns <= time < to_ns (CLOCK_MONOTONIC), with names,
 * into a new session; during the recording, or when it is over. For the whole
 * recording, allocations and locks are exact sums; for a part of it, they are
 * the sums of the changes.
 */
int clinic_recording_snapshot(struct clinic_recording *recording,
			      uint64_t from_ns, uint64_t to_ns,
			      struct clinic_session *session);

void clinic_recording_close(
	struct clinic_recording *recording); /* NULL: fine */

#endif
