/*
 * collect/idle_source.h - no sampler: what a run without CPU samples drains.
 *
 * Read next  event_source.h.
 */
#ifndef CLINIC_COLLECT_IDLE_SOURCE_H
#define CLINIC_COLLECT_IDLE_SOURCE_H

#include "collect/event_source.h"

extern const struct clinic_source clinic_idle_source;

#endif
