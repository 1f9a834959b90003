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
 * Read next  backend.h, event_source.h, recorder.h, target.h.
 */
#ifndef CLINIC_COLLECT_RECORDING_H
#define CLINIC_COLLECT_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/alloc_raw.h"
#include "collect/recorder.h"
#include "sources/refusals.h"
#include "sources/event_source.h"
#include "collect/target.h"

struct clinic_session;

enum clinic_backend {
	CLINIC_BACKEND_AUTO,
	CLINIC_BACKEND_PERF,
	CLINIC_BACKEND_TIMER,
	CLINIC_BACKEND_NONE /* no CPU samples: allocations or locks alone */
};

struct clinic_recording_plan {
	enum clinic_backend backend;
	uint32_t frequency_hz;
	char *const *argv;   /* to launch; or NULL */
	pid_t pid;           /* to attach to; when there is no argv */
	double duration_s;   /* 0: until the target ends */
	const char *preload; /* libclinic-preload.so, for the timer backend */
	/* What else the library is to do in a launched target; or NULL. */
	const struct clinic_alloc_plan *alloc;
	bool use_debuginfod;
	/* Times off the CPU too, where perf samples; elsewhere a note says
	 * that they could not be seen. */
	bool with_off_cpu;
	/* Load the library for clinic/stage.h even where perf samples. */
	bool with_stages;
};

/* What could not be done. */
enum clinic_recording_step {
	CLINIC_STEP_BACKEND, /* no backend works: see the refusals */
	CLINIC_STEP_LAUNCH,  /* of the command */
	CLINIC_STEP_ATTACH,  /* to the process */
	CLINIC_STEP_MEASURE, /* out of memory, mostly */
	CLINIC_STEP_NAME,
};

struct clinic_recording_outcome {
	enum clinic_recording_step failed; /* when the run gives an error */
	bool has_measured;
	bool was_interrupted;
	struct clinic_refusals refusals;
	struct clinic_source_facts source;
	struct clinic_recorder_counts counts;
	struct clinic_naming_facts naming;
	/* Of a launched one, whether or not it has ended yet. */
	struct clinic_target target;
};

/* What was measured is safe: from now on a signal may end this process. */
void clinic_recording_release_signals(void);

int clinic_recording_run(const struct clinic_recording_plan *plan,
			 struct clinic_session *session,
			 struct clinic_recording_outcome *outcome);

#endif
