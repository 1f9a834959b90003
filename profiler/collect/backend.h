/*
 * collect/backend.h - which backend samples, and a target started for it.
 *
 * Perf events are opened on a target that exists and waits to exec; timers are
 * a library that is loaded into the target, so they must be ready before it.
 * This file therefore makes both, the source and the target.
 *
 * Private to this folder.
 *
 * Choice     the backend that the plan names; otherwise perf events, or timers
 *            where these are refused. The outcome lists each refusal with what
 *            would help.
 * Ownership  the caller closes what was opened, also after an error: a source
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
 * alloc_settings: more settings for the environment of a launched target, or
 * NULL. stages: is opened when the plan wants stages and perf samples.
 */
int clinic_backend_begin(const struct clinic_recording_plan *plan,
			 char *const *alloc_settings,
			 struct clinic_recording_outcome *outcome,
			 struct clinic_source *source,
			 struct clinic_source *stages);

#endif
