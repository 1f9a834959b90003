/*
 * sources/time_namespace.h - how far our clock is from the kernel's own.
 *
 * Perf events are dated by the clock of the first time namespace, whichever
 * the watched programs are in, and whichever we are in.
 *
 * Errors     what /proc does not say is taken for 0.
 * Read next  time_namespaces(7); tick_clock.h, for what targets date.
 */
#ifndef CLINIC_SOURCES_TIME_NAMESPACE_H
#define CLINIC_SOURCES_TIME_NAMESPACE_H

#include <stdint.h>

/* What is to be added to the kernel's CLOCK_MONOTONIC, modulo 2^64, to have
 * ours. */
uint64_t clinic_time_namespace_shift_ns(void);

#endif
