/* Leaves a frame that has no rule: a guess, or the reason why it is the end. */
#include "unwind/frame_guess.h"

#include "unwind/frame_walk.h"
#include "unwind/module_record.h"
#include "unwind/unwind_table.h"

/*
 * The kernel maps nothing below the first address, and uses those above the
 * second one itself.
 */
#define LOWEST_CODE  4096
#define ADDRESS_BITS 48

/* Supposes that the stack's word of that index is the return address. */
static bool guess_by_stack(struct clinic_walk *w, unsigned int word)
{
	uint64_t at = clinic_walk_value(w, CLINIC_REGISTER_SP) +
		      word * CLINIC_WORD_BYTES;
	bool has_fp = clinic_registers_know(&w->registers, CLINIC_REGISTER_FP);
	uint64_t fp, pc;

	if (!w->is_exact || CLINIC_REGISTER_RETURN != CLINIC_REGISTER_PC ||
	    !clinic_walk_load(w, at, &pc) ||
	    !clinic_walk_is_return_address(w, pc))
		return false;
	fp = clinic_walk_value(w, CLINIC_REGISTER_FP);
	clinic_walk_enter_caller(w, at + CLINIC_WORD_BYTES, pc);
	if (has_fp)
		clinic_registers_set(&w->registers, CLINIC_REGISTER_FP, fp);
	return true;
}

static bool guess_by_frame_pointer(struct clinic_walk *w)
{
	uint64_t fp = clinic_walk_value(w, CLINIC_REGISTER_FP), caller_fp, pc;

	if (!clinic_registers_know(&w->registers, CLINIC_REGISTER_FP) ||
	    fp < clinic_walk_value(w, CLINIC_REGISTER_SP) ||
	    fp % CLINIC_WORD_BYTES != 0 ||
	    !clinic_walk_load(w, fp, &caller_fp) ||
	    !clinic_walk_load(w, fp + CLINIC_WORD_BYTES, &pc))
		return false;
	pc = clinic_without_signature(pc);
	if (!clinic_walk_is_return_address(w, pc))
		return false;
	clinic_walk_enter_caller(w, fp + 2 * CLINIC_WORD_BYTES, pc);
	clinic_registers_set(&w->registers, CLINIC_REGISTER_FP, caller_fp);
	return true;
}

/*
 * Generated code and assembly without annotations have no rules. Three shapes
 * of a frame are tried: nothing pushed yet, a usual frame with a frame
 * pointer, and one word pushed.
 */
int clinic_walk_guess(struct clinic_walk *w, int reason)
{
	if (!guess_by_stack(w, 0) && !guess_by_frame_pointer(w) &&
	    !guess_by_stack(w, 1))
		return reason;
	w->is_guessed = true;
	w->chain_agrees = false;
	return CLINIC_STEPPED;
}

/*
 * A library of coroutines puts a number in the place of the start function's
 * return address: the address of a function, or none at all. The start function
 * would return to it, but was not called from there.
 */
static bool is_beyond_start(struct clinic_walk *w)
{
	uint64_t pc = clinic_walk_value(w, CLINIC_REGISTER_PC);

	if (w->is_guessed || w->out->frames_count < 2)
		return false;
	return pc < LOWEST_CODE || pc >> ADDRESS_BITS || w->was_start ||
	       (w->left_pc && !clinic_walk_is_return_address(w, w->left_pc));
}

int clinic_walk_leave_without_rule(struct clinic_walk *w)
{
	struct clinic_code code;

	if (clinic_space_code(w->space, clinic_walk_address(w), &code) < 0) {
		if (is_beyond_start(w)) {
			w->out->frames_count--;
			return CLINIC_END_OUTERMOST;
		}
		w->out->has_unmapped = true;
		return clinic_walk_guess(w, CLINIC_END_NO_MAPPING);
	}
	if (clinic_module_is_32_bit(code.place.module))
		return CLINIC_END_32_BIT;
	if (code.table &&
	    clinic_unwind_table_is_entry(code.table, code.elf_address))
		return CLINIC_END_OUTERMOST;
	return clinic_walk_guess(w, CLINIC_END_NO_TABLE);
}
