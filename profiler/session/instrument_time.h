/*
 * session/instrument_time.h - samples of the instruments, not of the program.
 *
 * The hooks of libclinic-preload.so run inside the program, and so does the
 * kernel's code that takes a sample: their time is part of the program's CPU
 * time. A sample belongs to an instrument when its innermost frame does, where
 * frames of the kernel and the vdso are skipped. The real malloc, which a hook
 * calls, belongs to the program.
 *
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_SESSION_INSTRUMENT_TIME_H
#define CLINIC_SESSION_INSTRUMENT_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct clinic_session;

/* Is the frame code of the preload library, or of the kernel's perf events? */
bool clinic_frame_is_instrument(const struct clinic_session *session,
				uint32_t frame_id);
bool clinic_stack_is_instrument(const struct clinic_session *session,
				uint32_t stack_id);

/* Sums the CPU time of the samples of instruments. */
int clinic_instrument_cpu_ns(const struct clinic_session *session,
			     uint64_t *sum_ns);
/* Removes these samples, and subtracts their time from accounted_cpu_ns. */
int clinic_session_leave_out_instrument(struct clinic_session *session,
					uint64_t *sum_ns);

#endif
