/*
 * formats/perf_script.h - what `perf script` prints, into a session.
 *
 *	perf script [--header] --show-lost-events \
 *	    -F comm,pid,tid[,cpu],time,period,event,ip,sym,dso
 *
 * Takes fewer or more fields too: what is missing is noted, with what it
 * costs. Without a time, tid and event are needed to tell a sample from other
 * text. Streams: memory grows with what differs, not with the file.
 *
 * Weights    of cpu-clock and task-clock, the period, which is nanoseconds;
 *            of other events, one interval of the sampling frequency, which
 *            comes from the options or from the header's lines; otherwise 0.
 * Complete   stacks are those that end in a thread's known entry point, or in
 *            a frame without a name that called __libc_start_main.
 * Losses     are counted in the quality; what was skipped is noted, and what
 *            is known of a text that was cut short.
 * Errors     0 or -errno. -ENODATA: no sample of a fitting event was found;
 *            `why` says which events there are.
 */
#ifndef CLINIC_FORMATS_PERF_SCRIPT_H
#define CLINIC_FORMATS_PERF_SCRIPT_H

#include <stdint.h>

struct clinic_format_options;
struct clinic_session;
struct clinic_why;

/* "-" is the standard input. */
int clinic_perf_script_read(const char *path,
			    const struct clinic_format_options *options,
			    struct clinic_session *session,
			    struct clinic_why *why);

#endif
