/*
 * claim.h - whether a timing can be true on any machine.
 *
 * A step is a multiplication, which waits for the one before it within a
 * checksum. No processor core makes twenty of them in a nanosecond, and none
 * that runs this program needs twenty nanoseconds for one. The bounds are wide
 * on purpose: what they find is off by a factor, not by a per cent, on a busy
 * machine, too.
 *
 * Read next  benchmark.c, which asks it of all that it prints.
 */
#ifndef PITFALLS_CLAIM_H
#define PITFALLS_CLAIM_H

#include "stopwatch.h"

#define STEPS_PER_NS_MAX 20
#define NS_PER_STEP_MAX  20

enum claim {
	CLAIM_POSSIBLE,
	CLAIM_TOO_FAST, /* the work was not done */
	CLAIM_TOO_SLOW, /* something else was done, too */
};

enum claim claim_of(const struct timing *timing);
/* "can be", "is too fast for the work", "is too slow for the work" */
const char *claim_text(enum claim claim);
/* The one that took less, for only disturbance makes a run longer. */
struct timing quicker_of(struct timing a, struct timing b);

#endif
