/*
 * collect/ended_arenas.h - the sums of programs that have ended, as few rows.
 *
 * Each program of a run has an arena, and a run of days has more programs than
 * there is room for. Those that have ended are added up here, by call stack,
 * stage and lock, and their arenas are closed:
 *
 *	arena of 812 (ended) --+
 *	arena of 813 (ended) --+--> one row for each stack and stage,
 *	arena of 815 (ended) --+    one for each lock and place of a wait
 *	arena of 816 (runs)  ------ read when a session is made
 *
 * Exact      counts and bytes are exact. Threads are not kept, nor are
 *            addresses of locks that have no name.
 * Memory     bounded: above a limit of rows, new call stacks are counted as
 *            unknown.
 * Ownership  session and numbers belong to the caller, and outlive it.
 * Errors     0 or -errno.
 * Read next  arena_rows.h, which makes the rows; arena_findings.h, which says
 *            that it happened.
 */
#ifndef CLINIC_COLLECT_ENDED_ARENAS_H
#define CLINIC_COLLECT_ENDED_ARENAS_H

#include "collect/counted_numbers.h"
#include "collect/renumbering.h"
#include "sources/arena_source.h"

struct clinic_ended_arenas;

int clinic_ended_arenas_new(struct clinic_session *session,
			    struct clinic_counted_numbers *numbers,
			    struct clinic_ended_arenas **ended);
void clinic_ended_arenas_free(struct clinic_ended_arenas *ended);

/* Adds everything in the image. After that, nothing may refer to the image. */
int clinic_ended_arenas_add(struct clinic_ended_arenas *ended,
			    const struct clinic_arena_plan *plan,
			    const struct arena_image *image);

/* Saves all sums. stack_ids[raw stack] is the session's stack. */
int clinic_ended_arenas_save(const struct clinic_ended_arenas *ended,
			     const uint32_t *stack_ids,
			     struct clinic_session *session);

/* Calls for the number of each raw stack, or each text, of a row. */
void clinic_ended_arenas_stacks(struct clinic_ended_arenas *ended,
				clinic_on_number *on_number, void *context);
void clinic_ended_arenas_texts(struct clinic_ended_arenas *ended,
			       clinic_on_number *on_number, void *context);

/* How many programs were added, and how many of them get a note. */
struct clinic_ended_counts {
	uint64_t programs_count;
	uint64_t unobservable_count; /* they had a malloc of their own */
	uint64_t new_unobservable_count;
	uint64_t deadlocked_count;
	uint64_t unfinished_count; /* for example killed */
	uint64_t confined_count, clockless_count;
	uint64_t unlisted_count;
};

const struct clinic_ended_counts *
clinic_ended_arenas_counts(const struct clinic_ended_arenas *ended);

#endif
