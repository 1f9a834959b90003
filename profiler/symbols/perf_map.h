/*
 * symbols/perf_map.h - the text file in which a program names its generated
 * code: /tmp/perf-PID.map, a line "start size name" for each function.
 *
 * V8, HotSpot, .NET and CPython write it when they are asked to.
 *
 * Ownership  the descriptor stays the caller's; it is read from its start.
 * Errors     0 or -errno: -EBADMSG a line that is longer than any name.
 */
#ifndef CLINIC_SYMBOLS_PERF_MAP_H
#define CLINIC_SYMBOLS_PERF_MAP_H

#include "symbols/generated_code.h"

int clinic_perf_map_read(struct clinic_generated_code *code, int fd);

#endif
