/*
 * session/figures.h - the numbers that reports in any form are made of.
 *
 * A session holds counts and times; ratios are computed here and only here.
 *
 * Units      ratios; a negative one means "unknown", which is not 0.
 * Read next  share.h for the intervals; memory_sums.h and waiting.h for the
 *            tables of allocations and of times off the CPU; tally.h.
 */
#ifndef CLINIC_SESSION_FIGURES_H
#define CLINIC_SESSION_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "session/quality.h"
#include "session/share.h"
#include "session/tally.h"

/* The share of a part in the whole of a tally; the tally is of this weight. */
struct clinic_share clinic_figure_share(const struct clinic_tally *tally,
					enum clinic_weight weight,
					uint64_t part);

/* The sum of weights divided by the CPU time that the kernel accounted. */
double clinic_figure_reconciliation(const struct clinic_session *session,
				    const struct clinic_quality_counts *counts);
/* The CPU time of the collector divided by that of the target. */
double clinic_figure_overhead(const struct clinic_session *session);
/*
 * Kernel time without samples divided by all CPU time; 0: none is missing.
 */
double clinic_figure_blind(const struct clinic_session *session);
/* Frames with a name divided by all frames. */
double clinic_figure_symbolised(const uint64_t by_tier[CLINIC_TIERS]);
/* Samples with a complete stack divided by all samples. */
double clinic_figure_complete(const struct clinic_quality_counts *counts);

/*
 * The metrics of the process that had most memory resident, at that moment;
 * false if no process was measured.
 */
bool clinic_figure_largest(const struct clinic_session *session,
			   struct clinic_metric *largest);
/* The locks, longest wait first; the caller frees them. NULL: out of memory. */
struct clinic_lock *clinic_figure_locks(const struct clinic_session *session,
					uint32_t *count);
/* The peaks of resident memory of all processes, largest first; likewise. */
struct clinic_resident_peak *
clinic_figure_resident(const struct clinic_session *session, uint32_t *count);

#endif
