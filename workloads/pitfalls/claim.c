/* Compares a timing with what a processor can do at most and at least. */
#include "claim.h"

enum claim claim_of(const struct timing *timing)
{
	if (timing->took_ns * STEPS_PER_NS_MAX < timing->steps_count)
		return CLAIM_TOO_FAST;
	if (timing->took_ns > timing->steps_count * NS_PER_STEP_MAX)
		return CLAIM_TOO_SLOW;
	return CLAIM_POSSIBLE;
}

const char *claim_text(enum claim claim)
{
	static const char *const texts[] = {
		[CLAIM_POSSIBLE] = "can be",
		[CLAIM_TOO_FAST] = "is too fast for the work",
		[CLAIM_TOO_SLOW] = "is too slow for the work",
	};

	return texts[claim];
}

struct timing quicker_of(struct timing a, struct timing b)
{
	return b.took_ns < a.took_ns ? b : a;
}
