/*
 * unwind/unwind.h - from registers and stack bytes to the calls in progress.
 *
 *	struct clinic_unwinder *u = calloc(1, sizeof(*u));
 *	struct clinic_unwind_moment at = { .registers = &registers,
 *		.stack_start = sp, .stack = copy, .stack_bytes = size };
 *	struct clinic_unwound out = { .frames = frames,
 *				      .frames_max = CLINIC_UNWIND_FRAMES };
 *	clinic_unwind(u, space, &at, &out);
 *
 * Frames     innermost first. Each address lies inside the instruction that
 *            the frame was executing: the sampled one, or a call (return
 *            address - 1). Look names up as they are, subtract nothing.
 * Method     tables compiled from the binaries' unwind information give the
 *            caller of each frame. Where the stack copy or the tables end,
 *            the kernel's frame-pointer chain, if given, continues: its
 *            addresses are checked (in executable code, after a call), and
 *            against the tables: where these say that each function keeps a
 *            frame pointer, the chain is proven and not a guess. In code
 *            without information, a frame pointer or a return address on
 *            top of the stack is followed after the same check: a guess.
 * Truth      complete: reached the outermost frame of the thread. Truncated:
 *            all frames given are right, outer ones are missing; end says
 *            why. Guessed: at some frame, the next may have been skipped
 *            or be none.
 * Inside     a process the stack is read in place: stack = (const void *)sp,
 *            stack_bytes = end of the thread's stack - sp. Nothing outside
 *            [stack_start, stack_start + stack_bytes) is ever loaded.
 * Errors     none: a walk always has its first frame and a reason to end.
 * Memory     a walk over a space made by clinic_space_read_self() allocates
 *            nothing and takes no lock. Over others the first address in a
 *            module may compile its table.
 * Threads    one unwinder per thread; many threads may walk over one space
 *            made by clinic_space_read_self() as long as nobody changes it.
 * Signals    with such a space, safe in handlers and in malloc hooks.
 * Links      with nothing but libc: fit for a preloaded library.
 * Read next  unwind/address_space.h, what is mapped where.
 */
#ifndef CLINIC_UNWIND_H
#define CLINIC_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/registers.h"

struct clinic_space;

/* As deep as the kernel's own chains by default; ask for more freely. */
#define CLINIC_UNWIND_FRAMES 127

enum clinic_unwind_truth {
	CLINIC_UNWIND_COMPLETE,
	CLINIC_UNWIND_TRUNCATED,
	CLINIC_UNWIND_GUESSED
};

/* Why a walk ended where it did. */
enum clinic_unwind_end {
	CLINIC_END_OUTERMOST,     /* _start, or where the thread began */
	CLINIC_END_STACK_SHORT,   /* the next frame is beyond the bytes given */
	CLINIC_END_DEPTH,         /* frames_max reached */
	CLINIC_END_NO_MAPPING,    /* an address in nothing executable */
	CLINIC_END_NO_TABLE,      /* code without unwind information */
	CLINIC_END_UNSUPPORTED,   /* a DWARF expression that is not known */
	CLINIC_END_NO_REGISTER,   /* the rule needs a register not known */
	CLINIC_END_DAMAGED_STACK, /* frames would not move outwards */
	/* What a handler on a stack of its own (sigaltstack) interrupted is
	 * on another stack, that no bytes were given of. */
	CLINIC_END_ALTERNATE_STACK,
	CLINIC_END_32_BIT, /* code of a 32-bit program: not unwound */
	CLINIC_ENDS
};

/* "outermost", "stack_short", ... as written into sessions. */
const char *clinic_unwind_end_name(enum clinic_unwind_end end);

/* Everything known of a thread at one moment. */
struct clinic_unwind_moment {
	const struct clinic_registers *registers;
	uint64_t stack_start; /* the address that stack[0] was copied from */
	const void *stack;
	size_t stack_bytes; /* 0: none */
	/*
	 * User part of the kernel's chain (PERF_SAMPLE_CALLCHAIN after
	 * PERF_CONTEXT_USER), as it came: the ip, then return addresses. May
	 * be NULL. With registers == NULL the chain is all there is.
	 */
	const uint64_t *chain;
	size_t chain_count;
};

struct clinic_unwound {
	uint64_t *frames;  /* the caller's */
	size_t frames_max; /* how many it holds, at least 1 */
	size_t frames_count;
	enum clinic_unwind_truth truth;
	enum clinic_unwind_end end; /* of a guessed stack too */
	size_t stack_read_bytes;    /* how long a copy would have done */
	bool has_unmapped; /* some frame is in nothing that is known mapped */
};

/* The rule for one address, kept where the next sample finds it. */
struct clinic_unwind_cached {
	uint64_t pc;
	uint64_t space_version;
	uint64_t row[2];
};
#define CLINIC_UNWIND_CACHE 1024 /* a power of two; 32 KiB */

/* Zeroed memory is a new one, wherever it lies. */
struct clinic_unwinder {
	uint64_t ends_count[CLINIC_ENDS]; /* walks, by how they ended */
	uint64_t truths_count[CLINIC_UNWIND_GUESSED + 1];
	uint64_t cache_hits_count;
	uint64_t cache_misses_count;
	struct clinic_unwind_cached cache[CLINIC_UNWIND_CACHE];
};

void clinic_unwind(struct clinic_unwinder *unwinder,
		   const struct clinic_space *space,
		   const struct clinic_unwind_moment *at,
		   struct clinic_unwound *out);

#endif
