/*
 * sources/perf_choice.h - the best perf event that this machine grants us.
 *
 * Hardware cycles, task-clock and cpu-clock are tried in this order, each with
 * the kernel's time and, where that is forbidden, without.
 *
 * Errors     0 or -errno; each refusal is listed with what would help.
 * Read next  perf_source.h, which opens the chosen one for each thread.
 */
#ifndef CLINIC_SOURCES_PERF_CHOICE_H
#define CLINIC_SOURCES_PERF_CHOICE_H

#include <linux/perf_event.h>
#include <sys/types.h>

#include "sources/perf_plan.h"
#include "sources/refusals.h"

/* What each of the events of one thread and CPU is for. */
enum clinic_perf_role {
	CLINIC_PERF_SIDE_BAND,    /* forks, execs, mappings, names */
	CLINIC_PERF_SAMPLES,      /* CLINIC_STACK_BYTES; disabled at first */
	CLINIC_PERF_DEEP_SAMPLES, /* more, and the kernel's user chain */
	CLINIC_PERF_DEPARTURES,   /* each time the thread leaves the CPU */
	CLINIC_PERF_ROLES
};

struct clinic_perf_choice {
	const char *event;
	struct perf_event_attr attr; /* with which a sampling event opened */
	bool with_off_cpu;
	int departures_error; /* why there are none: 0 or -errno */
};

int clinic_perf_choose(const struct clinic_perf_plan *plan, int cpu,
		       struct clinic_refusals *refusals,
		       struct clinic_perf_choice *choice);

/* A descriptor, or -errno: -ESRCH when the thread has ended. */
int clinic_perf_open_role(const struct clinic_perf_choice *choice,
			  enum clinic_perf_role role, pid_t thread, int cpu);

#endif
