/*
 * session/quality.h - how complete the samples of a session are.
 *
 * These are counts and sums only; figures.h makes ratios from them.
 *
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_SESSION_QUALITY_H
#define CLINIC_SESSION_QUALITY_H

#include <stdint.h>

#include "session/rows.h"

struct clinic_session;

struct clinic_quality_counts {
	uint64_t samples_count;
	uint64_t sampled_cpu_ns; /* sum of weights */
	uint64_t truncated_count;
	/* Truncated or guessed, because a signal handler had its own stack. */
	uint64_t alternate_stack_count;
	uint64_t guessed_count;        /* guessed, but not truncated */
	uint64_t leaves[CLINIC_TIERS]; /* samples by tier of innermost frame */
	uint64_t frames[CLINIC_TIERS]; /* frames of all samples by tier */
};

int clinic_quality_count(const struct clinic_session *session,
			 struct clinic_quality_counts *counts);

#endif
