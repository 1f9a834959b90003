/*
 * session/tally.h - how much of a weight each function, line, ... has.
 *
 * Self is what was counted in a function itself, total is that and what was
 * counted in all it called. Recursion does not count a stack twice.
 *
 * Cost       linear in rows + stacks, whatever the depth.
 * Errors     0 or -errno: -ENOMEM.
 * Order      rows by self, then total, then in order of appearance.
 */
#ifndef CLINIC_SESSION_TALLY_H
#define CLINIC_SESSION_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "session/weight.h"

struct clinic_session;

enum clinic_group {
	CLINIC_BY_FUNCTION, /* of one library; code without a name by library */
	CLINIC_BY_LINE,
	CLINIC_BY_FILE,
	CLINIC_BY_LIBRARY,
	CLINIC_BY_THREAD,
	CLINIC_BY_STAGE,
	CLINIC_GROUPS
};

struct clinic_tally_row {
	uint32_t frame_id;  /* the group's frame with most self weight, or */
	uint32_t thread_id; /* the thread, or */
	uint32_t stage_id;  /* the stage: as grouped */
	uint32_t reserved;
	uint64_t self;
	uint64_t total;
	uint64_t self_samples_count;
	uint64_t total_samples_count;
};

struct clinic_tally {
	struct clinic_tally_row *row;
	uint32_t count;
	uint64_t whole;
	uint64_t samples_count;
	double squares; /* of the values: share.h makes intervals from it */
};

/* "function", "line", ... */
const char *clinic_group_name(enum clinic_group group);
bool clinic_group_find(const char *name, enum clinic_group *group);

int clinic_tally_make(const struct clinic_session *session,
		      enum clinic_group group, enum clinic_weight weight,
		      struct clinic_tally *tally);

/*
 * Who called the function of this name: one row per calling function, whose
 * total is what the callee spent for it; whole is all that the callee spent.
 * In the row with frame 0, the callee was the outermost frame.
 */
int clinic_tally_callers(const struct clinic_session *session,
			 const char *callee, enum clinic_weight weight,
			 struct clinic_tally *tally);
void clinic_tally_free(struct clinic_tally *tally);

#endif
