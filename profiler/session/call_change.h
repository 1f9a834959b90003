/*
 * session/call_change.h - compares the two sides of a call tree, function by
 * function.
 *
 * Order      the rows are sorted by how much the share of self has changed,
 *            largest change first; equal ones by that of the share of total.
 * Ownership  the caller frees the rows; the texts belong to the tree.
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_SESSION_CALL_CHANGE_H
#define CLINIC_SESSION_CALL_CHANGE_H

#include "session/call_tree.h"

struct clinic_call_change {
	uint32_t name; /* text of the tree */
	uint32_t reserved;
	uint64_t self[CLINIC_CALL_SIDES];
	uint64_t total[CLINIC_CALL_SIDES]; /* recursion counted once */
};

int clinic_call_changes(const struct clinic_call_tree *tree,
			struct clinic_call_change **change, uint32_t *count);

#endif
