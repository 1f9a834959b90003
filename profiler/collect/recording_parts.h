/*
 * collect/recording_parts.h - the inside of a recording, for its own files
 *only.
 *
 *	recording.c           from the start of the target to its end
 *	recording_snapshot.c  what was recorded so far becomes a session
 *
 * Everyone else uses recording.h.
 */
#ifndef CLINIC_COLLECT_RECORDING_PARTS_H
#define CLINIC_COLLECT_RECORDING_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/promptness.h"
#include "collect/recorder.h"
#include "collect/recording_plan.h"
#include "sources/event_source.h"

struct clinic_recording {
	const struct clinic_recording_plan *plan;
	struct clinic_session *session; /* the recorder's */
	struct clinic_recording_outcome *outcome;
	struct clinic_source source;
	struct clinic_source stages; /* beside perf, when wanted */
	struct clinic_source arenas; /* allocations and locks, when wanted */
	struct clinic_recorder *recorder;
	int signal_fd;
	uint64_t stop_ns; /* UINT64_MAX: when the target ends */
	uint64_t measured_ns;
	uint64_t arenas_drained_ns;

	struct clinic_promptness promptness;
	uint64_t cpu_before_ns;
	uint64_t stolen_ns; /* until it is over: before it began */
	bool is_over;
	const char *unobservable; /* why, before the run; or NULL */

	enum { DEEP_AT_FIRST, SHALLOW, DEEP_FOR_GOOD } depth;
	struct clinic_recorder_counts judged; /* when it was, last */
	bool has_lost_walks; /* that end early with all there is, too */
};

/* Drains and accounts in the middle of it, before a snapshot. */
int clinic_recording_look(struct clinic_recording *recording);

#endif
