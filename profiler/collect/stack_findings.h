/*
 * collect/stack_findings.h - notes on stacks that are cut, and on those that
 * are guessed: how many, why, and where.
 *
 * Errors     0 or -errno.
 */
#ifndef CLINIC_COLLECT_STACK_FINDINGS_H
#define CLINIC_COLLECT_STACK_FINDINGS_H

#include <stddef.h>
#include <stdint.h>

struct clinic_session;
struct clinic_walk_counts;

struct clinic_walks {
	const struct clinic_walk_counts *counts;
	uint64_t samples_count;
	size_t stack_bytes; /* that are copied */
};

/* The session must have all its samples. */
int clinic_stack_findings_note(struct clinic_session *session,
			       const struct clinic_walks *walks);

#endif
