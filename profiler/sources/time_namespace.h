/*
 * sources/time_namespace.h - how far our clock is from the kernel's own.
 *
 * The times of perf events are those of the initial time namespace, whichever
 * namespace the watched programs or we are in.
 *
 * Errors     an offset that /proc does not show counts as 0.
 * Read next  time_namespaces(7); tick_clock.h, for times that targets write.
 */
#ifndef CLINIC_SOURCES_TIME_NAMESPACE_H
#define CLINIC_SOURCES_TIME_NAMESPACE_H

#include <stdint.h>

/* What must be added to the kernel's CLOCK_MONOTONIC, modulo 2^64, to get
 * ours. */
uint64_t clinic_time_namespace_shift_ns(void);

#endif
