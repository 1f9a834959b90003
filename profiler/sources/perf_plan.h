/*
 * sources/perf_plan.h - what perf events are to be opened for.
 */
#ifndef CLINIC_SOURCES_PERF_PLAN_H
#define CLINIC_SOURCES_PERF_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct clinic_perf_process {
	pid_t pid;
	/* Must be watched; of another, that it is another user's, or gone, is
	 * counted. */
	bool is_root;
};

struct clinic_perf_plan {
	pid_t pid;
	/* All that run, that one among them; only until the source is open. */
	const struct clinic_perf_process *processes;
	size_t processes_count;
	/* false: a child that waits; sampling begins when it execs. */
	bool is_running;
	uint32_t frequency_hz;
	bool with_off_cpu;
};

#endif
