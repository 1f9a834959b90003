/*
 * session/own_frame.h - which frames of a stack are the program's own.
 *
 * Who allocates calls operator new or std::vector, who waits calls
 * std::mutex::lock: a row that names these says nothing about the program.
 * Not its own is what the C and C++ libraries, Rust's and allocators have,
 * and what of their templates was compiled into it.
 *
 * Errors     0 or -errno: -ENOMEM; -EFBIG the session can hold no more.
 */
#ifndef CLINIC_SESSION_OWN_FRAME_H
#define CLINIC_SESSION_OWN_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct clinic_session;

bool clinic_frame_is_own(const struct clinic_session *session,
			 uint32_t frame_id);

/* The stack from its innermost frame on that is the program's own; as it is
 * when none is. */
uint32_t clinic_own_stack(const struct clinic_session *session,
			  uint32_t stack_id);

/*
 * Likewise, and with all addresses of one line taken for one place: calls
 * that a reader cannot tell apart have one stack, which is added to the
 * session (pointers to its frames and stacks end).
 */
int clinic_own_site(struct clinic_session *session, uint32_t stack_id,
		    uint32_t *site_id);

#endif
