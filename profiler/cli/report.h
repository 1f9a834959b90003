/*
 * cli/report.h - what `clinic report` shows, as text and as JSON.
 */
#ifndef CLINIC_CLI_REPORT_H
#define CLINIC_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/share.h"
#include "session/quality.h"
#include "session/rows.h"
#include "session/tally.h"

struct clinic_session;

struct clinic_report {
	const char *path;
	struct clinic_session *session;
	struct clinic_quality_counts counts;
	enum clinic_group group;
	enum clinic_weight weight;
	uint64_t top;        /* rows of a table; 0: all of them */
	const char *callers; /* of this function, NULL: a tally */
};

/* Both print to stdout: 0 or -errno. */
int clinic_report_text(const struct clinic_report *report);
int clinic_report_json(const struct clinic_report *report);

/* How many of `count` rows --top lets through. */
uint32_t clinic_report_rows(const struct clinic_report *report, uint32_t count);
/* A row's name; `room` holds what has to be put together. */
const char *clinic_report_name(const struct clinic_report *report,
			       enum clinic_group group,
			       const struct clinic_tally_row *row, char *room,
			       size_t room_bytes);
struct clinic_share clinic_report_share(const struct clinic_report *report,
					const struct clinic_tally *tally,
					uint64_t part);

/* Sum of weights / what the kernel accounted; negative: not known. */
double clinic_report_reconciliation(const struct clinic_report *report);
/* What watching cost / what the target used; negative: not known. */
double clinic_report_overhead(const struct clinic_report *report);
/* Kernel time that no sample could see / all CPU time; 0: all was seen. */
double clinic_report_blind(const struct clinic_report *report);
double clinic_report_symbolised(const uint64_t by_tier[CLINIC_TIERS]);

/* The locks, longest wait first: the caller frees; NULL when out of memory. */
struct clinic_lock *clinic_report_locks(const struct clinic_report *report,
					uint32_t *count);

/* Times on and off the CPU added up: of all, of a thread, of a stack. */
struct clinic_waiting_row {
	uint64_t watched_ns; /* of a thread's life; of stacks none */
	uint64_t blocked_ns;
	uint64_t ready_ns; /* it could have run */
	uint64_t longest_ns;
	uint64_t waits_count;
	uint64_t approximate_count; /* their stacks */
	uint64_t sampled_cpu_ns;    /* in what may be seen */
	uint32_t id;                /* row of threads, or of stacks */
};

struct clinic_waiting {
	struct clinic_waiting_row all;
	struct clinic_waiting_row *thread; /* longest watched first */
	struct clinic_waiting_row *stack;  /* longest off the CPU first */
	uint32_t threads_count, stacks_count;
};

int clinic_waiting_sum(struct clinic_session *session,
		       struct clinic_waiting *waiting);
void clinic_waiting_free(struct clinic_waiting *waiting);
bool clinic_waiting_is_observed(const struct clinic_session *session);
/* What was watched, was neither off the CPU nor used as CPU time. */
int64_t clinic_waiting_unexplained(const struct clinic_waiting_row *row,
				   uint64_t cpu_ns);

/* Allocation rows added up: all of them, by stage, by call site. */
struct clinic_memory {
	struct clinic_allocation all;
	struct clinic_allocation *stage; /* by stage */
	struct clinic_allocation *site;  /* by bytes; stack_id is the
					  * site's heaviest stack */
	uint32_t sites_count;
};

int clinic_memory_sum(const struct clinic_session *session,
		      struct clinic_memory *memory);
void clinic_memory_free(struct clinic_memory *memory);
bool clinic_memory_is_observed(const struct clinic_report *report);

#endif
