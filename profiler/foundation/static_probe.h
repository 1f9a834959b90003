/*
 * foundation/static_probe.h - places in the program that gdb, perf and
 * bpftrace know by name.
 *
 *	DTRACE_PROBE1(clinic, drain_end, err);
 *
 * Such a place is one nop, which is all that it costs while nobody looks. A
 * note in the file (section .note.stapsdt, which survives strip) says where the
 * place and its arguments are. Arguments are integers or pointers that the code
 * has anyway, because one that must be computed would always cost something.
 *
 * Read next  "Static probes" in profiler/README.md, which lists all of them; a
 *            test compares.
 */
#ifndef CLINIC_FOUNDATION_STATIC_PROBE_H
#define CLINIC_FOUNDATION_STATIC_PROBE_H

#include <sys/sdt.h>

/*
 * The macros of sys/sdt.h call others with nothing for "...", which clang
 * notices where they are used, although the header is the system's.
 */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif

#endif
