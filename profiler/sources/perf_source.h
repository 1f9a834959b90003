/*
 * sources/perf_source.h - the first backend: the kernel's perf events.
 *
 *	clinic_perf_source_probe(hz, &refusals, &facts);
 *	clinic_perf_source_open(&plan, &source);
 *
 * Works from outside the target: nothing is loaded into it, no signal is
 * sent. One event per CPU follows a launched program into its threads and
 * children; a running one needs such a set for each thread it has.
 *
 * Per thread and CPU there are three events over one ring: a dummy that
 * reports forks, execs, mappings and names, and two that sample, with much
 * of the stack and the kernel's own chain, or with little and without, of
 * which one sleeps. Inherited events follow
 * a switch between the two at once; one opened in mid-run would not reach
 * the threads that are there.
 *
 * Off-CPU time, when wanted, is reported by the dummy. Where the kernel may be
 * seen, a fourth event, over a ring of its own, samples each departure from
 * a CPU; it fires in the kernel, so nobody else is granted it.
 *
 * Units      time CLOCK_MONOTONIC, weights nanoseconds of CPU time.
 * Errors     0 or -errno. -EPERM, -EACCES, -ENOSYS: perf is not allowed or
 *            not there; refusals say what was tried and what would help.
 *            -ESRCH: the target is gone. -EMFILE: more threads times CPUs
 *            than descriptors.
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
 * Would it work, here and now? Tries the plan on this very process, whatever
 * its pid. facts, which may be NULL, gets the event that would be used.
 */
int clinic_perf_source_probe(const struct clinic_perf_plan *plan,
			     struct clinic_refusals *refusals,
			     struct clinic_source_facts *facts);

int clinic_perf_source_open(const struct clinic_perf_plan *plan,
			    struct clinic_source *source);

#endif
