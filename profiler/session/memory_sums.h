/*
 * session/memory_sums.h - allocations added up: all, by stage, by call site.
 *
 * Ownership  the caller frees a sum, even after an error.
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_SESSION_MEMORY_SUMS_H
#define CLINIC_SESSION_MEMORY_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "session/rows.h"

struct clinic_session;

/* What one stack allocated, in all threads and stages. */
struct clinic_memory_stack {
	struct clinic_allocation sum;
	uint32_t frame_id; /* the call site */
};

/* A call site. Where it is a wrapper, its sum is of stacks of many callers. */
struct clinic_memory_site {
	struct clinic_allocation sum; /* stack_id: the heaviest one */
	const struct clinic_memory_stack *stack; /* the heaviest first */
	uint32_t stacks_count;
};

struct clinic_memory {
	struct clinic_allocation all;
	struct clinic_allocation *stage; /* by stage */
	struct clinic_memory_site *site; /* by bytes */
	struct clinic_memory_stack *stack;
	uint32_t sites_count, stacks_count;
};

/*
 * A call site is the innermost frame that is the program's own (see
 * own_frame.h); with has_raw_sites, it is the direct caller of the allocator.
 */
int clinic_memory_sum(struct clinic_session *session, bool has_raw_sites,
		      struct clinic_memory *memory);
void clinic_memory_free(struct clinic_memory *memory);
bool clinic_memory_is_observed(const struct clinic_session *session);

#endif
