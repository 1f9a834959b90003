/*
 * sources/perf_plan.h - what perf events are to be opened for.
 */
#ifndef CLINIC_SOURCES_PERF_PLAN_H
#define CLINIC_SOURCES_PERF_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct clinic_perf_plan {
	pid_t pid;
	/* false: a child that waits; sampling begins when it execs. */
	bool is_running;
	uint32_t frequency_hz;
	bool with_off_cpu;
};

#endif
