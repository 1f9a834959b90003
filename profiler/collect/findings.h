/*
 * collect/findings.h - notes on what a reader of the samples must know.
 *
 * The notes report losses, what could not be sampled and how much it was, and
 * the likely reason when the samples do not add up to the CPU time that the
 * kernel accounted. Numbers that a report shows anyway are repeated only where
 * they are bad.
 *
 * Errors     0 or -errno, of adding to the session.
 * Read next  session/rows.h, struct clinic_note.
 */
#ifndef CLINIC_COLLECT_FINDINGS_H
#define CLINIC_COLLECT_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/event_source.h"
#include "collect/recorder.h"

struct clinic_session;
struct clinic_refusals;

/* Outside these limits, a warning says that the sum does not fit. */
#define CLINIC_RECONCILED_LEAST 0.95
#define CLINIC_RECONCILED_MOST  1.05

struct clinic_findings {
	struct clinic_source_facts source;
	struct clinic_recorder_counts counts;
	uint64_t stolen_ns; /* that the machine's host did not give */
	uint32_t frequency_hz;
	bool wants_off_cpu;
	/* Processes that were attached to; those that were asked for. */
	size_t attached_count, roots_count;
	bool outlives; /* the program that was started has ended */
};

int clinic_findings_note(struct clinic_session *session,
			 const struct clinic_findings *findings);
int clinic_findings_refusals(struct clinic_session *session,
			     const struct clinic_refusals *refusals);

/* CPU time that the host took from this machine since its start, in ns. */
uint64_t clinic_stolen_ns(void);

#endif
