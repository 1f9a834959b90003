/* Walks a stack: leaves frame after frame by the rules of the tables. */
#include "unwind/unwind.h"

#include "unwind/frame_chain.h"
#include "unwind/frame_guess.h"
#include "unwind/frame_walk.h"

/*
 * Between the kernel's frame of a handler and the interrupted frame lie all
 * registers, which are 11 KiB with AMX, and the red zone. A distance of more
 * than this means that the interrupted frame is on another stack.
 */
#define SIGNAL_FRAME_BYTES_MAX 65536

static const char *const end_names[CLINIC_ENDS] = {
	[CLINIC_END_OUTERMOST] = "outermost",
	[CLINIC_END_STACK_SHORT] = "stack_short",
	[CLINIC_END_DEPTH] = "depth",
	[CLINIC_END_NO_MAPPING] = "no_mapping",
	[CLINIC_END_NO_TABLE] = "no_table",
	[CLINIC_END_UNSUPPORTED] = "unsupported",
	[CLINIC_END_NO_REGISTER] = "no_register",
	[CLINIC_END_DAMAGED_STACK] = "damaged_stack",
	[CLINIC_END_ALTERNATE_STACK] = "alternate_stack",
	[CLINIC_END_32_BIT] = "32_bit",
};

const char *clinic_unwind_end_name(enum clinic_unwind_end end)
{
	return (unsigned int)end < CLINIC_ENDS ? end_names[end] : "unknown";
}

/* This is a clinic_row_load. */
static bool load_of_walk(void *walk, uint64_t address, uint64_t *value)
{
	return clinic_walk_load(walk, address, value);
}

/*
 * The value of the register decides, whatever register the compiler finds the
 * frame by: Go has frame pointers, and finds frames by the stack pointer.
 */
static bool is_in_chain(const struct clinic_walk *w,
			const struct clinic_unwind_row *row, uint64_t cfa)
{
	return clinic_row_saves_pair(row) &&
	       clinic_walk_value(w, CLINIC_REGISTER_FP) ==
		       cfa + (uint64_t)row->fp * CLINIC_WORD_BYTES;
}

static void follow_chain(struct clinic_walk *w)
{
	if (!w->chain_agrees)
		return;
	w->chain_at++;
	w->chain_agrees = w->chain_at < w->at->chain_count &&
			  w->at->chain[w->chain_at] ==
				  clinic_walk_value(w, CLINIC_REGISTER_PC);
}

/* CLINIC_STEPPED, with the CFA; or the reason why it is unknown. */
static int find_cfa(struct clinic_walk *w, const struct clinic_unwind_row *row,
		    uint64_t *cfa)
{
	uint64_t pc = clinic_walk_value(w, CLINIC_REGISTER_PC);

	if (row->cfa_kind == CLINIC_CFA_PLT) {
		bool has_pushed = (pc & 15) >=
				  (uint64_t)CLINIC_PLT_THRESHOLD(row);

		*cfa = clinic_walk_value(w, CLINIC_REGISTER_SP) +
		       (uint64_t)CLINIC_PLT_OFFSET(row) +
		       (has_pushed ? CLINIC_WORD_BYTES : 0);
		return CLINIC_STEPPED;
	}
	if (!clinic_registers_know(&w->registers, row->cfa_register))
		return CLINIC_END_NO_REGISTER;
	return clinic_row_find_cfa(row, clinic_walk_value(w, row->cfa_register),
				   load_of_walk, w, cfa)
		       ? CLINIC_STEPPED
		       : CLINIC_END_STACK_SHORT;
}

/*
 * CLINIC_STEPPED, with the register's value in the caller; or the reason why
 * it is unknown.
 */
static int find_saved(const struct clinic_walk *w, int16_t saved,
		      unsigned int number, uint64_t cfa, uint64_t *value)
{
	if (clinic_saved_is_words(saved))
		return clinic_walk_load(w, clinic_row_place(cfa, saved), value)
			       ? CLINIC_STEPPED
			       : CLINIC_END_STACK_SHORT;
	if (saved == CLINIC_SAVED_AT_FP)
		return clinic_walk_load(
			       w, clinic_walk_value(w, CLINIC_REGISTER_FP),
			       value)
			       ? CLINIC_STEPPED
			       : CLINIC_END_STACK_SHORT;
	if (saved == CLINIC_SAVED_UNDEFINED)
		return CLINIC_END_NO_REGISTER;
	if (saved == CLINIC_SAVED_UNSUPPORTED)
		return CLINIC_END_UNSUPPORTED;
	if (saved >= CLINIC_SAVED_IN_REGISTER)
		number = (unsigned int)(saved - CLINIC_SAVED_IN_REGISTER);
	if (!clinic_registers_know(&w->registers, number))
		return CLINIC_END_NO_REGISTER;
	*value = clinic_walk_value(w, number);
	return CLINIC_STEPPED;
}

/*
 * Stacks grow downwards, so a caller's frame is higher. Only a leaf function
 * that saves nothing has an empty frame.
 */
static bool is_outwards(const struct clinic_walk *w, uint64_t cfa)
{
	uint64_t sp = clinic_walk_value(w, CLINIC_REGISTER_SP);

	return cfa % CLINIC_WORD_BYTES == 0 &&
	       (cfa > sp || (cfa == sp && w->is_exact &&
			     CLINIC_REGISTER_RETURN != CLINIC_REGISTER_PC));
}

static int leave_by_row(struct clinic_walk *w,
			const struct clinic_unwind_row *row)
{
	uint64_t cfa, pc, fp, spare;
	bool has_fp, has_spare, is_chained;
	int found;

	if (row->ra == CLINIC_SAVED_UNDEFINED)
		return CLINIC_END_OUTERMOST;
	found = find_cfa(w, row, &cfa);
	if (found != CLINIC_STEPPED)
		return found;
	if (!is_outwards(w, cfa))
		return CLINIC_END_DAMAGED_STACK;
	found = find_saved(w, row->ra, CLINIC_REGISTER_RETURN, cfa, &pc);
	if (found != CLINIC_STEPPED)
		return found;
	if (pc == 0)
		return CLINIC_END_OUTERMOST;
	has_fp = find_saved(w, row->fp, CLINIC_REGISTER_FP, cfa, &fp) ==
		 CLINIC_STEPPED;
	has_spare = find_saved(w, row->spare, CLINIC_REGISTER_SPARE, cfa,
			       &spare) == CLINIC_STEPPED;
	is_chained = is_in_chain(w, row, cfa);
	clinic_walk_enter_caller(w, cfa, clinic_without_signature(pc));
	if (has_fp)
		clinic_registers_set(&w->registers, CLINIC_REGISTER_FP, fp);
	if (has_spare)
		clinic_registers_set(&w->registers, CLINIC_REGISTER_SPARE,
				     spare);
	w->is_exact = row->is_signal;
	if (is_chained)
		follow_chain(w);
	return CLINIC_STEPPED;
}

/* A handler returns into code that restores all registers. */
static int leave_signal(struct clinic_walk *w)
{
	uint64_t words[CLINIC_REGISTERS];
	uint64_t from = clinic_walk_value(w, CLINIC_REGISTER_SP) +
			CLINIC_SIGNAL_REGISTERS_OFFSET;

	for (size_t i = 0; i < CLINIC_REGISTERS; i++)
		if (!clinic_walk_load(w, from + i * CLINIC_WORD_BYTES,
				      &words[i]))
			return CLINIC_END_STACK_SHORT;
	clinic_registers_from_signal(&w->registers, words);
	w->is_exact = true;
	/* The difference is unsigned: a lower stack is far away, too. */
	w->has_changed_stack |=
		clinic_walk_value(w, CLINIC_REGISTER_SP) - from >
		SIGNAL_FRAME_BYTES_MAX;
	return CLINIC_STEPPED;
}

static int leave_frame(struct clinic_walk *w,
		       const struct clinic_unwind_row *row)
{
	int left;

	switch (row->cfa_kind) {
	case CLINIC_CFA_NONE:
		return clinic_walk_leave_without_rule(w);
	case CLINIC_CFA_SIGNAL:
		return leave_signal(w);
	case CLINIC_CFA_UNSUPPORTED:
		/* This is the code that began the stack of a coroutine. */
		if (row->ra == CLINIC_SAVED_UNDEFINED && !w->is_exact)
			return CLINIC_END_OUTERMOST;
		return clinic_walk_guess(w, CLINIC_END_UNSUPPORTED);
	default:
		left = leave_by_row(w, row);
		return left == CLINIC_END_NO_REGISTER ||
				       left == CLINIC_END_UNSUPPORTED
			       ? clinic_walk_guess(w, left)
			       : left;
	}
}

/* The rule is copied, because a guess looks other rules up. */
static struct clinic_unwind_row current_rule(struct clinic_walk *w)
{
	struct clinic_unwind_row row = *clinic_walk_rule(
					 w, clinic_walk_address(w)),
				 here;

	if (w->is_exact || row.cfa_kind != CLINIC_CFA_NONE)
		return row;
	/*
	 * No call ends here. Something put the address on the stack, as
	 * makecontext does, and it is the beginning of a function.
	 */
	here = *clinic_walk_rule(w, clinic_walk_value(w, CLINIC_REGISTER_PC));
	if (here.cfa_kind == CLINIC_CFA_NONE)
		return row;
	w->is_exact = true;
	w->is_start = !here.is_signal;
	return here;
}

static int walk_registers(struct clinic_walk *w)
{
	int left;

	do {
		struct clinic_unwind_row row = current_rule(w);

		/* A handler returns into code that nothing called. */
		if (!clinic_walk_add_frame(
			    w, row.is_signal ? clinic_walk_value(
						       w, CLINIC_REGISTER_PC)
					     : clinic_walk_address(w)))
			return CLINIC_END_DEPTH;
		left = leave_frame(w, &row);
	} while (left == CLINIC_STEPPED);
	return left;
}

static int walk(struct clinic_walk *w)
{
	const struct clinic_unwind_moment *at = w->at;
	int reason;

	if (at->registers) {
		w->registers = *at->registers;
		w->chain_agrees =
			at->chain_count > 0 &&
			at->chain[0] ==
				clinic_walk_value(w, CLINIC_REGISTER_PC);
		reason = walk_registers(w);
	} else {
		w->chain_agrees = at->chain_count > 0;
		reason = CLINIC_END_STACK_SHORT;
		if (w->chain_agrees)
			(void)clinic_walk_add_frame(w, at->chain[0]);
	}
	if (reason == CLINIC_END_STACK_SHORT && w->has_changed_stack)
		reason = CLINIC_END_ALTERNATE_STACK;
	return clinic_walk_continue_by_chain(w, reason);
}

static enum clinic_unwind_truth truth_of(const struct clinic_walk *w)
{
	if (w->is_guessed)
		return CLINIC_UNWIND_GUESSED;
	return w->out->end == CLINIC_END_OUTERMOST ? CLINIC_UNWIND_COMPLETE
						   : CLINIC_UNWIND_TRUNCATED;
}

void clinic_unwind(struct clinic_unwinder *unwinder,
		   const struct clinic_space *space,
		   const struct clinic_unwind_moment *at,
		   struct clinic_unwound *out)
{
	struct clinic_walk w = {.unwinder = unwinder,
				.space = space,
				.at = at,
				.out = out,
				.is_exact = true};

	out->frames_count = 0;
	out->stack_read_bytes = 0;
	out->has_unmapped = false;
	out->end = (enum clinic_unwind_end)walk(&w);
	out->truth = truth_of(&w);
	unwinder->ends_count[out->end]++;
	unwinder->truths_count[out->truth]++;
}
