/*
 * unwind/machine_code.h - recognises the few instructions that explain what is
 * on a stack.
 *
 * Private to this room.
 */
#ifndef CLINIC_UNWIND_MACHINE_CODE_H
#define CLINIC_UNWIND_MACHINE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLINIC_CALL_BYTES_MAX 7 /* the longest call instruction */

#if defined(__x86_64__) /* the code that ends a handler */
#define CLINIC_SIGRETURN_BYTES 9
#else
#define CLINIC_SIGRETURN_BYTES 8
#endif

/* Do the bytes before code + size end in a call instruction? */
bool clinic_code_ends_in_call(const uint8_t *code, size_t size);

/* Is this how a C library returns from a signal handler? */
bool clinic_code_is_sigreturn(const uint8_t *code, size_t size);

#define CLINIC_PADDED_BYTES_MAX 64

/*
 * Is this the code that C libraries put into .init and .fini, without unwind
 * information? Between the offsets `from` and `to`, it has lowered the stack
 * pointer by a word.
 */
bool clinic_code_is_padded(const uint8_t *code, size_t size, size_t *from,
			   size_t *to);

#endif
