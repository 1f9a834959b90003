/*
 * session/own_frame.h - which frames of a stack are the program's own.
 *
 * Code that allocates calls operator new or std::vector, code that waits calls
 * std::mutex::lock: a row that names these says nothing about the program. A
 * frame is not the program's own when it is code of the C or C++ library, of
 * Rust's standard library or of an allocator, or of their templates, which are
 * compiled into the program.
 *
 * Errors     0 or -errno: -ENOMEM; -EFBIG when the session is full.
 */
#ifndef CLINIC_SESSION_OWN_FRAME_H
#define CLINIC_SESSION_OWN_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct clinic_session;

bool clinic_frame_is_own(const struct clinic_session *session,
			 uint32_t frame_id);

/* The stack without the frames that its innermost own frame has called; the
 * whole stack when no frame is the program's own. */
uint32_t clinic_own_stack(const struct clinic_session *session,
			  uint32_t stack_id);

/*
 * Likewise, but all addresses of one line count as one place: calls that a
 * reader cannot tell apart get one stack. It is added to the session, which
 * invalidates pointers to the session's frames and stacks.
 */
int clinic_own_site(struct clinic_session *session, uint32_t stack_id,
		    uint32_t *site_id);

#endif
