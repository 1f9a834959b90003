/*
 * collect/recording.h - one run of `clinic record`, from start to session.
 *
 *	clinic_recording_run(&plan, session, &outcome);
 *	clinic_session_write(session, path);
 *
 * Chooses a backend, starts the target or attaches to it, drains until it
 * ends (or a signal or the duration says stop), names everything, and fills
 * in what is needed to judge it.
 *
 * Signals    SIGINT and SIGTERM are blocked from then on and mean: stop, and
 *            keep what was measured. One that was sent to us alone is passed
 *            on to a launched target.
 * Errors     0 or -errno, and outcome->failed says at what. The session is
 *            worth writing if outcome->has_measured.
 * Threads    one recording per process.
 * Read next  recording_plan.h, backend.h, event_source.h, recorder.h, target.h.
 */
#ifndef CLINIC_COLLECT_RECORDING_H
#define CLINIC_COLLECT_RECORDING_H

#include "collect/recording_plan.h"

struct clinic_session;

int clinic_recording_run(const struct clinic_recording_plan *plan,
			 struct clinic_session *session,
			 struct clinic_recording_outcome *outcome);

#endif
