/*
 * unwind/frame_walk.h - the state of one walk: the frame that it has reached.
 *
 * Private to this room, and shared by the files that leave a frame:
 *
 *	unwind.c        runs the walk, and leaves frames by rules of tables
 *	frame_guess.c   without a rule: by a frame pointer or the stack's top
 *	frame_chain.c   by the kernel's chain, where stack or tables end
 *
 *	step of a frame --+-- CLINIC_STEPPED: the registers are the caller's
 *	                  +-- an enum clinic_unwind_end: the walk ends here
 *
 * The functions are inline, because every frame of every sample needs them.
 *
 * Read next  unwind/rule_cache.h, where the rule of a frame comes from.
 */
#ifndef CLINIC_UNWIND_FRAME_WALK_H
#define CLINIC_UNWIND_FRAME_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/registers.h"
#include "unwind/rule_cache.h"
#include "unwind/unwound.h"
#include "unwind/unwind_row.h"

#define CLINIC_WORD_BYTES 8

/* What a step returns if it does not return an enum clinic_unwind_end. */
enum { CLINIC_STEPPED = CLINIC_ENDS };

/* One walk. The registers are those of the frame that it has reached. */
struct clinic_walk {
	struct clinic_unwinder *unwinder;
	const struct clinic_space *space;
	const struct clinic_unwind_moment *at;
	struct clinic_unwound *out;
	struct clinic_registers registers;
	bool is_exact; /* the frame was interrupted at pc, and did not call */
	bool is_guessed;
	/*
	 * The kernel's chain lacks the caller of every function that keeps no
	 * frame pointer. chain_at is the entry that the walk has reached,
	 * counted by the functions that keep one. chain_agrees becomes false at
	 * the first entry that differs from what the walk has found.
	 */
	size_t chain_at;
	bool chain_agrees;
	bool has_changed_stack; /* it has left a handler with its own stack */
	/*
	 * is_start: nothing has called the frame that was reached; was_start:
	 * likewise for the frame before it. left_pc is the address to which
	 * that frame was to return; 0: it was interrupted.
	 */
	bool is_start, was_start;
	uint64_t left_pc;
};

static inline uint64_t clinic_walk_value(const struct clinic_walk *w,
					 unsigned int number)
{
	return w->registers.value[number];
}

/*
 * The address to look up: for a return address, which is after the call, the
 * byte before it.
 */
static inline uint64_t clinic_walk_address(const struct clinic_walk *w)
{
	return clinic_walk_value(w, CLINIC_REGISTER_PC) - (w->is_exact ? 0 : 1);
}

struct clinic_unaligned_word {
	uint64_t word;
} __attribute__((packed, may_alias));

/*
 * Reads a word of the stack; false: the copy does not contain it. In our own
 * process this reads the live stack, in which sanitizers have red zones and to
 * which other threads write.
 */
__attribute__((no_sanitize("address", "thread"))) static inline bool
clinic_walk_load(const struct clinic_walk *w, uint64_t address, uint64_t *value)
{
	const struct clinic_unwind_moment *at = w->at;
	uint64_t offset = address - at->stack_start;
	const uint8_t *stack = at->stack;

	if (at->stack_bytes < CLINIC_WORD_BYTES ||
	    offset > at->stack_bytes - CLINIC_WORD_BYTES)
		return false;
	*value = ((const struct clinic_unaligned_word *)(const void *)(stack +
								       offset))
			 ->word;
	if (w->out->stack_read_bytes < offset + CLINIC_WORD_BYTES)
		w->out->stack_read_bytes = offset + CLINIC_WORD_BYTES;
	return true;
}

static inline struct clinic_unwind_row *clinic_walk_rule(struct clinic_walk *w,
							 uint64_t address)
{
	return clinic_rule_cache_find(w->unwinder, w->space, address);
}

static inline bool clinic_walk_is_return_address(struct clinic_walk *w,
						 uint64_t address)
{
	return clinic_rule_is_return_address(w->unwinder, w->space, address);
}

/* Returns false if there is no room for another frame. */
static inline bool clinic_walk_add_frame(struct clinic_walk *w,
					 uint64_t address)
{
	struct clinic_unwound *out = w->out;

	if (out->frames_count == out->frames_max)
		return false;
	out->frames[out->frames_count++] = address;
	return true;
}

/*
 * Moves the walk to the caller. Registers that the callee did not save, or that
 * the walk does not follow, are not known any more.
 */
static inline void clinic_walk_enter_caller(struct clinic_walk *w, uint64_t cfa,
					    uint64_t pc)
{
	w->left_pc = w->is_exact ? 0 : clinic_walk_value(w, CLINIC_REGISTER_PC);
	w->was_start = w->is_start;
	w->is_start = false;
	w->registers.known = 0;
	clinic_registers_set(&w->registers, CLINIC_REGISTER_SP, cfa);
	clinic_registers_set(&w->registers, CLINIC_REGISTER_PC, pc);
	w->is_exact = false;
}

static inline uint64_t clinic_without_signature(uint64_t return_address)
{
#if defined(__aarch64__)
	/*
	 * Pointer authentication keeps its signature in the bits above the
	 * address.
	 */
	return return_address & ((UINT64_C(1) << 48) - 1);
#else
	return return_address;
#endif
}

/*
 * Is the frame pointer saved beside the return address, so that it then points
 * there? The kernel's chain relies on that.
 */
static inline bool clinic_row_saves_pair(const struct clinic_unwind_row *row)
{
	return clinic_saved_is_words(row->fp) && row->ra == row->fp + 1;
}

#endif
