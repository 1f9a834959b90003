/*
 * session/instrument_time.h - samples of the instruments, not of the program.
 *
 * Hooks of libclinic-preload.so run inside of the program, and so does the
 * kernel's part of a sample: what they take is in its CPU time. A sample is
 * theirs when its innermost frame is, kernel and vdso left aside: the real
 * malloc, called by a hook, is the program's.
 *
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_SESSION_INSTRUMENT_TIME_H
#define CLINIC_SESSION_INSTRUMENT_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct clinic_session;

/* Whether it is code of the library, or of the kernel's perf events. */
bool clinic_frame_is_instrument(const struct clinic_session *session,
				uint32_t frame_id);
bool clinic_stack_is_instrument(const struct clinic_session *session,
				uint32_t stack_id);

/* CPU time of samples that are the instruments'. */
int clinic_instrument_cpu_ns(const struct clinic_session *session,
			     uint64_t *sum_ns);
/* Removes them, and takes their time off what the kernel accounted. */
int clinic_session_leave_out_instrument(struct clinic_session *session,
					uint64_t *sum_ns);

#endif
