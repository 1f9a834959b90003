/*
 * collect/recording_parts.h - the fields of a recording, only for its own
 * files.
 *
 *	recording_start.c     opens the sources, starts the target; closes all
 *	recording.c           steps: waits, drains, measures
 *	recording_depth.c     adapts how much of each stack is copied
 *	recording_end.c       ends it, and computes what was spent
 *	recording_snapshot.c  makes a session of what was recorded so far
 *
 * All other code uses recording.h.
 *
 * Errors     0 or -errno.
 */
#ifndef CLINIC_COLLECT_RECORDING_PARTS_H
#define CLINIC_COLLECT_RECORDING_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "collect/promptness.h"
#include "collect/recorder.h"
#include "collect/recording_plan.h"
#include "sources/event_source.h"

/*
 * Another CPU may still be writing a record whose time has just passed. So
 * each round reads only records that are at least this old; younger ones are
 * read in the next round.
 */
#define CLINIC_SETTLE_NS 1000000u

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
	/* Until the recording is over, the time stolen before it began. */
	uint64_t stolen_ns;
	bool is_over;
	const char *unobservable; /* why, found before the run; or NULL */

	enum { DEEP_AT_FIRST, SHALLOW, DEEP_FOR_GOOD } depth;
	struct clinic_recorder_counts judged; /* when the depth last was */
	bool has_lost_walks; /* some end early even with the longest copy */
};

static inline uint64_t clinic_recording_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Reads what all sources have until that time. */
int clinic_recording_drain(struct clinic_recording *recording,
			   uint64_t until_ns);
/*
 * A Ctrl-C on the terminal may end the target before the signal reaches us:
 * this notes a signal that is still pending.
 */
void clinic_recording_handle_late_signal(struct clinic_recording *recording);

/* Copies less or more of each stack, by how the last walks ended. */
void clinic_recording_adapt_depth(struct clinic_recording *recording);

/*
 * To be called once, at the end: stops the samples, drains, ends all waits that
 * still last, and computes what was spent. err: the error that the recording
 * already has, or 0; it is returned.
 */
int clinic_recording_finish(struct clinic_recording *recording, int err);

/*
 * Drains in the middle of a recording, before a snapshot, and computes what was
 * spent.
 */
int clinic_recording_look(struct clinic_recording *recording);

#endif
