/*
 * collect/arena_findings.h - notes on what a run's arenas lack.
 *
 * Truth      what cannot be observed (static and setuid programs, programs
 *            with their own malloc) gives a note with the reason, and
 *            quality.allocations_observed stays 0: never rows of zero.
 * Errors     0 or -errno.
 * Read next  observable.h; findings.h, the same about samples.
 */
#ifndef CLINIC_COLLECT_ARENA_FINDINGS_H
#define CLINIC_COLLECT_ARENA_FINDINGS_H

#include "collect/ended_arenas.h"
#include "sources/arena_source.h"

struct clinic_session;

/*
 * ended: the counts of the arenas that were retired. program: as it was given
 * to execvp. unobservable: why the program cannot be observed, found before the
 * run; or NULL.
 */
int clinic_arena_findings_note(struct clinic_session *session,
			       const struct clinic_arena_plan *plan,
			       const struct clinic_arena_facts *facts,
			       const struct clinic_ended_counts *ended,
			       const char *program, const char *unobservable);

#endif
