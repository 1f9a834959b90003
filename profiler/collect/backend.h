/*
 * collect/backend.h - which backend samples, and a target started for it.
 *
 * Perf events are opened on a target that is there and waits to begin; the
 * timers' library is loaded into it, so they must be ready before. That is
 * why both, the source and the target, come from here.
 *
 * Private to this room.
 *
 * Choice     what the plan says; else perf events, and timers where these are
 *            refused. Each refusal is in the outcome, with a way out.
 * Ownership  what was opened is the caller's, with an error too: a source
 *            whose close is not NULL.
 * Errors     0 or -errno, and outcome->failed says at what.
 * Read next  recording_plan.h, the plan and the outcome; event_source.h;
 * target.h.
 */
#ifndef CLINIC_COLLECT_BACKEND_H
#define CLINIC_COLLECT_BACKEND_H

#include "sources/event_source.h"
#include "collect/recording_plan.h"

/*
 * alloc_settings: what a launched target needs in its environment besides, or
 * NULL. stages: opened when the plan wants them and perf samples.
 */
int clinic_backend_begin(const struct clinic_recording_plan *plan,
			 char *const *alloc_settings,
			 struct clinic_recording_outcome *outcome,
			 struct clinic_source *source,
			 struct clinic_source *stages);

#endif
