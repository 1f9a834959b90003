/*
 * symbols/jitdump.h - the binary file in which a program names its generated
 * code: jit-PID.dump, with a record for each function.
 *
 * The program maps the file as code, so that a profiler finds it.
 *
 * Hostile    time and memory only grow with the size of the file; of a damaged
 *            file, the names before the damage are kept.
 * Ownership  the descriptor stays the caller's.
 * Errors     0 or -errno: -EBADMSG not such a file.
 * Read next  the jitdump specification, in tools/perf/Documentation of the
 *            sources of Linux.
 */
#ifndef CLINIC_SYMBOLS_JITDUMP_H
#define CLINIC_SYMBOLS_JITDUMP_H

#include "symbols/generated_code.h"

int clinic_jitdump_read(struct clinic_generated_code *code, int fd);

#endif
