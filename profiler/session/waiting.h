/*
 * session/waiting.h - times on and off the CPU added up: all, by thread, by
 * stack.
 *
 * Ownership  the caller frees a sum, unless there was an error.
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_SESSION_WAITING_H
#define CLINIC_SESSION_WAITING_H

#include <stdbool.h>
#include <stdint.h>

struct clinic_session;

struct clinic_waiting_row {
	uint64_t watched_ns; /* of the thread's life; 0 for stacks */
	uint64_t blocked_ns;
	uint64_t ready_ns; /* the thread could have run */
	uint64_t longest_ns;
	uint64_t waits_count;
	uint64_t approximate_count; /* waits with an approximate stack */
	uint64_t sampled_cpu_ns;    /* where sampling is allowed */
	uint32_t id;                /* row of threads, or of stacks */
};

struct clinic_waiting {
	struct clinic_waiting_row all;
	struct clinic_waiting_row *thread; /* longest watched first */
	struct clinic_waiting_row *stack;  /* longest off the CPU first */
	uint32_t threads_count, stacks_count;
};

int clinic_waiting_sum(const struct clinic_session *session,
		       struct clinic_waiting *waiting);
void clinic_waiting_free(struct clinic_waiting *waiting);
bool clinic_waiting_is_observed(const struct clinic_session *session);
/* The watched time that was neither off the CPU nor used as CPU time. */
int64_t clinic_waiting_unexplained(const struct clinic_waiting_row *row,
				   uint64_t cpu_ns);

#endif
