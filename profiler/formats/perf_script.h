/*
 * formats/perf_script.h - reads the text that `perf script` prints into a
 * session.
 *
 *	perf script [--header] --show-lost-events \
 *	    -F comm,pid,tid[,cpu],time,period,event,ip,sym,dso
 *
 * There may be fewer fields, or more. A note says what is missing and what
 * therefore is not known. If there is no time, samples need tid and event,
 * because otherwise they cannot be told from other text.
 *
 * Weights    cpu-clock and task-clock: the period, in nanoseconds. Other
 *            events: one interval of the sampling frequency, which the options
 *            or the lines of the header give; 0 if it is not known.
 * Complete   stacks are those that end in a known entry function of a thread,
 *            or in a frame without a name that called __libc_start_main.
 * Losses     are counted in the session's quality. Notes say which lines were
 *            left out, and whether the text was cut short.
 * Memory     grows with the number of different lines and with the samples, not
 *            with the size of the text.
 * Errors     0 or -errno. -ENODATA: there is no sample of a suitable event;
 *            `why` says which events there are.
 * Read next  perf_script_line.h, which parses lines; perf_script_notes.h.
 */
#ifndef CLINIC_FORMATS_PERF_SCRIPT_H
#define CLINIC_FORMATS_PERF_SCRIPT_H

#include <stdint.h>

struct clinic_format_options;
struct clinic_session;
struct clinic_why;

/* The path "-" means the standard input. `why` must not be NULL. */
int clinic_perf_script_read(const char *path,
			    const struct clinic_format_options *options,
			    struct clinic_session *session,
			    struct clinic_why *why);

#endif
