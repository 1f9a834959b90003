/*
 * sources/perf_plan.h - for which processes, and how, perf events are opened.
 */
#ifndef CLINIC_SOURCES_PERF_PLAN_H
#define CLINIC_SOURCES_PERF_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct clinic_perf_process {
	pid_t pid;
	/* This one must be watched. Another process that belongs to another
	 * user or has ended is only counted. */
	bool is_root;
};

struct clinic_perf_plan {
	pid_t pid;
	/* All running processes, including that one; valid until the source is
	 * open. */
	const struct clinic_perf_process *processes;
	size_t processes_count;
	/* false: a child waits to exec; sampling begins then. */
	bool is_running;
	uint32_t frequency_hz;
	bool with_off_cpu;
};

#endif
