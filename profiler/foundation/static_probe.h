/*
 * foundation/static_probe.h - marks places in the program that gdb, perf and
 * bpftrace find by name.
 *
 *	DTRACE_PROBE1(clinic, drain_end, err);
 *
 * In the code, such a place is one nop, which is all that it costs while no
 * tool uses it. A note in the file (section .note.stapsdt, which strip keeps)
 * says where the place and its arguments are. The arguments are integers or
 * pointers that the code has anyway, because an argument that must be computed
 * would always cost something.
 *
 * Read next  "Static probes" in profiler/README.md, which lists all of them; a
 *            test compares.
 */
#ifndef CLINIC_FOUNDATION_STATIC_PROBE_H
#define CLINIC_FOUNDATION_STATIC_PROBE_H

#include <sys/sdt.h>

#ifdef __clang__
/*
 * The macros of sys/sdt.h pass nothing for "..." to other macros. clang warns
 * about this where they are used, although the header belongs to the system.
 */
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif

#endif
