/*
 * unwind/unwound.h - the input and the result of a walk, and what an unwinder
 * counts and remembers between walks.
 *
 * Ownership  all that pointers point to belongs to the caller.
 * Read next  unwind/unwind.h, which explains these and walks.
 */
#ifndef CLINIC_UNWIND_UNWOUND_H
#define CLINIC_UNWIND_UNWOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/registers.h"

/*
 * As many frames as the kernel's own chains have by default. Callers may use
 * more.
 */
#define CLINIC_UNWIND_FRAMES 127

enum clinic_unwind_truth {
	CLINIC_UNWIND_COMPLETE,
	CLINIC_UNWIND_TRUNCATED,
	CLINIC_UNWIND_GUESSED
};

/* Why a walk ended where it did. */
enum clinic_unwind_end {
	CLINIC_END_OUTERMOST,     /* _start, or where the thread began */
	CLINIC_END_STACK_SHORT,   /* the next frame is beyond the copy */
	CLINIC_END_DEPTH,         /* frames_max was reached */
	CLINIC_END_NO_MAPPING,    /* no executable mapping has the address */
	CLINIC_END_NO_TABLE,      /* code without unwind information */
	CLINIC_END_UNSUPPORTED,   /* a DWARF expression we do not support */
	CLINIC_END_NO_REGISTER,   /* the rule needs an unknown register */
	CLINIC_END_DAMAGED_STACK, /* the next frame would not be further out */
	/*
	 * A handler ran on a stack of its own (sigaltstack). What it
	 * interrupted is on another stack, of which there is no copy.
	 */
	CLINIC_END_ALTERNATE_STACK,
	CLINIC_END_32_BIT, /* code of 32-bit programs is not unwound */
	CLINIC_ENDS
};

/* Everything that is known about a thread at one moment. */
struct clinic_unwind_moment {
	const struct clinic_registers *registers;
	uint64_t stack_start; /* the address from which stack[0] was copied */
	const void *stack;
	size_t stack_bytes; /* 0: none */
	/*
	 * The user part of the kernel's chain (PERF_SAMPLE_CALLCHAIN after
	 * PERF_CONTEXT_USER), unchanged: the ip, then return addresses. It may
	 * be NULL. If registers is NULL, the walk only uses the chain.
	 */
	const uint64_t *chain;
	size_t chain_count;
};

struct clinic_unwound {
	uint64_t *frames;  /* belongs to the caller */
	size_t frames_max; /* its room, at least 1 */
	size_t frames_count;
	enum clinic_unwind_truth truth;
	enum clinic_unwind_end end; /* also set if the stack is guessed */
	size_t stack_read_bytes;    /* a copy of this length would be enough */
	bool has_unmapped;          /* a frame is in no known mapping */
};

/* The rule for one address, remembered for the next sample. */
struct clinic_unwind_cached {
	uint64_t pc;
	uint64_t space_version;
	uint64_t row[2];
};
#define CLINIC_UNWIND_CACHE 1024 /* a power of two; 32 KiB */

/* All zero is a new unwinder. */
struct clinic_unwinder {
	uint64_t ends_count[CLINIC_ENDS]; /* walks, by their end */
	uint64_t truths_count[CLINIC_UNWIND_GUESSED + 1];
	uint64_t cache_hits_count;
	uint64_t cache_misses_count;
	struct clinic_unwind_cached cache[CLINIC_UNWIND_CACHE];
};

#endif
