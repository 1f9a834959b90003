/*
 * session/weight.h - one view of all tables that give a stack a number.
 *
 * Ownership  names and units are literals.
 * Read next  call_tree.h and tally.h, which add the numbers up.
 */
#ifndef CLINIC_SESSION_WEIGHT_H
#define CLINIC_SESSION_WEIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct clinic_session;

enum clinic_weight {
	CLINIC_WEIGHT_CPU, /* ns */
	CLINIC_WEIGHT_SAMPLES,
	CLINIC_WEIGHT_ALLOCATIONS,
	CLINIC_WEIGHT_BYTES,
	CLINIC_WEIGHT_PEAK,    /* bytes live at the peak */
	CLINIC_WEIGHT_LEAKED,  /* bytes */
	CLINIC_WEIGHT_WAIT,    /* ns waited for locks */
	CLINIC_WEIGHT_OFF_CPU, /* ns */
	CLINIC_WEIGHTS
};

/* One row of the table that holds the weight. */
struct clinic_weighed {
	uint32_t stack_id;
	uint32_t thread_id;
	uint32_t stage_id;
	uint32_t samples_count; /* 1, or 0 where the numbers are exact */
	uint64_t value;
};

const char *clinic_weight_name(enum clinic_weight weight); /* "cpu", ... */
const char *clinic_weight_unit(enum clinic_weight weight); /* "ns", ... */
/* False if no weight has this name. */
bool clinic_weight_find(const char *name, enum clinic_weight *weight);
/* Sampled weights have an interval; counted ones are exact. */
bool clinic_weight_is_sampled(enum clinic_weight weight);

/*
 * The weight to show when none is asked for: CPU time, or samples where no
 * sample has a CPU time; without any samples bytes, or else waits.
 */
enum clinic_weight clinic_weight_default(const struct clinic_session *session);

uint32_t clinic_weight_rows(const struct clinic_session *session,
			    enum clinic_weight weight);
void clinic_weight_row(const struct clinic_session *session,
		       enum clinic_weight weight, uint32_t row,
		       struct clinic_weighed *weighed);

#endif
