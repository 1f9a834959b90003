/*
 * unwind/unwind.h - finds the calls in progress from registers and the bytes of
 * a stack.
 *
 *	struct clinic_unwinder *u = calloc(1, sizeof(*u));
 *	struct clinic_unwind_moment at = { .registers = &registers,
 *		.stack_start = sp, .stack = copy, .stack_bytes = size };
 *	struct clinic_unwound out = { .frames = frames,
 *				      .frames_max = CLINIC_UNWIND_FRAMES };
 *	clinic_unwind(u, space, &at, &out);
 *
 * Frames     are innermost first. Each address is inside the instruction that
 *            the frame was executing: the sampled one, or a call (return
 *            address - 1). Names are looked up with this address as it is.
 * Method     tables compiled from the unwind information of binaries give the
 *            caller of each frame. Where the copy of the stack or the tables
 *            end, the walk continues with the kernel's frame-pointer chain, if
 *            there is one. Each address of the chain must be in executable code
 *            and follow a call. Where the tables say that each function keeps a
 *            frame pointer, the chain is proven; elsewhere it is a guess. In
 *            code without unwind information, the walk follows a frame pointer
 *            or a return address on top of the stack after the same check; this
 *            is a guess, too.
 * Truth      complete: the walk reached the outermost frame of the thread.
 *            Truncated: all frames are right, outer frames are missing, and
 *            `end` says why. Guessed: a frame may be wrong, or one before it
 *            may have been skipped.
 * Inside     a process the stack is read in place: stack = (const void *)sp,
 *            stack_bytes = end of the thread's stack - sp. Nothing outside
 *            [stack_start, stack_start + stack_bytes) is ever read.
 * Errors     none: every walk has a first frame and a reason for its end.
 * Memory     in a space made by clinic_space_read_self(), a walk allocates
 *            nothing and takes no lock. In others, the first address in a
 *            module may compile its table.
 * Threads    one unwinder per thread. Many threads may walk in one space made
 *            by clinic_space_read_self() as long as nobody changes it.
 * Signals    with such a space, this is safe in handlers and in malloc hooks.
 * Links      with nothing but libc, as a preloaded library needs.
 * Read next  unwind/address_space.h, what is mapped where.
 */
#ifndef CLINIC_UNWIND_H
#define CLINIC_UNWIND_H

#include "unwind/unwound.h"

struct clinic_space;

/* "outermost", "stack_short", ..., as in sessions. */
const char *clinic_unwind_end_name(enum clinic_unwind_end end);

void clinic_unwind(struct clinic_unwinder *unwinder,
		   const struct clinic_space *space,
		   const struct clinic_unwind_moment *at,
		   struct clinic_unwound *out);

#endif
