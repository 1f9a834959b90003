/*
 * sources/perf_source.h - the first backend: the kernel's perf events.
 *
 *	clinic_perf_source_probe(&plan, &refusals, &facts);
 *	clinic_perf_source_open(&plan, &source);
 *
 * This works from outside the target: nothing is loaded into it, no signal is
 * sent. One set of events per CPU follows a launched program into its threads
 * and children; a running program needs a set for each thread that it has.
 *
 * Per thread and CPU there are three events over one ring: a dummy that reports
 * forks, execs, mappings and names, and two that sample, of which one is
 * disabled. One of these copies much of the stack and has the kernel's own
 * chain, the other copies little and has no chain. Inherited events follow a
 * switch between the two at once; an event that is opened while the target runs
 * would not reach threads that exist already.
 *
 * Off-CPU time, when wanted, is reported by the dummy. Where the kernel may be
 * sampled, a fourth event, over a ring of its own, samples each departure from
 * a CPU. It fires in the kernel, so it needs that permission.
 *
 * Units      times are CLOCK_MONOTONIC, weights are nanoseconds of CPU time.
 * Errors     0 or -errno. -EPERM, -EACCES, -ENOSYS: perf is forbidden or
 *            missing; refusals say what was tried and what would help. -ESRCH:
 *            the target has ended. -EMFILE: threads times CPUs need more
 *            descriptors than the limit allows.
 * Threads    one.
 * Read next  event_source.h, what it can be asked; perf_lanes.h, its rings.
 */
#ifndef CLINIC_SOURCES_PERF_SOURCE_H
#define CLINIC_SOURCES_PERF_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sources/event_source.h"
#include "sources/perf_plan.h"
#include "sources/refusals.h"

/*
 * Tries whether the plan would work here and now, on this very process,
 * whatever the plan's pid is. facts, which may be NULL, gets the event that
 * would be used.
 */
int clinic_perf_source_probe(const struct clinic_perf_plan *plan,
			     struct clinic_refusals *refusals,
			     struct clinic_source_facts *facts);

int clinic_perf_source_open(const struct clinic_perf_plan *plan,
			    struct clinic_source *source);

#endif
