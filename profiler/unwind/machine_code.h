/*
 * unwind/machine_code.h - the few instructions that stacks give away.
 *
 * Private to this room.
 */
#ifndef CLINIC_UNWIND_MACHINE_CODE_H
#define CLINIC_UNWIND_MACHINE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLINIC_CALL_BYTES_MAX 7 /* the longest call instruction */

#if defined(__x86_64__) /* of the code that ends a handler */
#define CLINIC_SIGRETURN_BYTES 9
#else
#define CLINIC_SIGRETURN_BYTES 8
#endif

/* Whether the bytes before code + size end with a call instruction. */
bool clinic_code_ends_in_call(const uint8_t *code, size_t size);

/* Whether this is how a C library returns from a signal handler. */
bool clinic_code_is_sigreturn(const uint8_t *code, size_t size);

#define CLINIC_PADDED_BYTES_MAX 64

/*
 * Whether the code is what C libraries put into .init and .fini, without
 * unwind information: the stack pointer is lowered by a word from `from` to
 * `to`, offsets into the code.
 */
bool clinic_code_is_padded(const uint8_t *code, size_t size, size_t *from,
			   size_t *to);

#endif
