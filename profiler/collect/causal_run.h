/*
 * collect/causal_run.h - run a program once as if one of its functions were
 * faster, and read what its processes counted.
 *
 *	clinic_causal_run(&order, &outcome);
 *	... outcome.results[0].inserted_ns ...
 *	clinic_causal_outcome_free(&outcome);
 *
 * Results    only of processes that had loaded the planned file when they
 *            began; in no order. A process that was killed has one, too.
 * Errors     0 or -errno. `failed` says at which step.
 * Signals    SIGINT, SIGTERM and SIGHUP are passed on to the program; a second
 *            one kills it.
 * Read next  shared_memory/causal_layout.h
 */
#ifndef CLINIC_COLLECT_CAUSAL_RUN_H
#define CLINIC_COLLECT_CAUSAL_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "shared_memory/causal_layout.h"

struct clinic_causal_order {
	char *const *argv;
	const char *preload; /* the library */
	const struct causal_plan *plan;
};

enum clinic_causal_step {
	CLINIC_CAUSAL_PREPARE, /* shared memory, or the library */
	CLINIC_CAUSAL_LAUNCH,
	CLINIC_CAUSAL_READ,
};

struct clinic_causal_outcome {
	enum clinic_causal_step failed;
	int exit_code; /* as a shell reports it: 128 + signal */
	uint64_t wall_ns;
	struct causal_result *results;
	size_t results_count;
	size_t results_room;
};

int clinic_causal_run(const struct clinic_causal_order *order,
		      struct clinic_causal_outcome *outcome);
void clinic_causal_outcome_free(struct clinic_causal_outcome *outcome);

#endif
