/*
 * cli/causal_counts.h - write what the processes of a virtual speed-up counted.
 *
 * Units      those of shared_memory/causal_layout.h, which the keys name.
 * Errors     0 or -errno; the file is there whole, or not at all.
 * Read next  profiler/README.md, "clinic causal", which explains the keys.
 */
#ifndef CLINIC_CLI_CAUSAL_COUNTS_H
#define CLINIC_CLI_CAUSAL_COUNTS_H

#include <stdint.h>

struct clinic_causal_outcome;

struct clinic_causal_counts {
	const char *function;
	uint64_t speedup_percent;
	const struct clinic_causal_outcome *outcome;
};

int clinic_causal_counts_write(const char *path,
			       const struct clinic_causal_counts *counts);

#endif
