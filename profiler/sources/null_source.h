/*
 * sources/null_source.h - the source of a run without CPU samples.
 *
 * Read next  event_source.h.
 */
#ifndef CLINIC_SOURCES_NULL_SOURCE_H
#define CLINIC_SOURCES_NULL_SOURCE_H

#include "sources/event_source.h"

extern const struct clinic_source clinic_null_source;

#endif
