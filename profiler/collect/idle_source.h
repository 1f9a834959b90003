/*
 * collect/idle_source.h - no sampler: what a run without CPU samples drains.
 *
 * Read next  source.h.
 */
#ifndef CLINIC_COLLECT_IDLE_SOURCE_H
#define CLINIC_COLLECT_IDLE_SOURCE_H

#include "collect/source.h"

extern const struct clinic_source clinic_idle_source;

#endif
