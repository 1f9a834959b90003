/* Continues a walk with the kernel's chain where stack bytes or tables end. */
#include "unwind/frame_chain.h"

#include "unwind/frame_walk.h"

static bool keeps_frame_pointer(const struct clinic_unwind_row *row)
{
	bool is_pair = clinic_row_saves_pair(row);

#if defined(__x86_64__)
	/*
	 * If the code sets up a frame pointer, its rules find the frame by this
	 * register from there on.
	 */
	is_pair &= row->cfa_kind == CLINIC_CFA_REGISTER &&
		   row->cfa_register == CLINIC_REGISTER_FP &&
		   row->fp * CLINIC_WORD_BYTES == -row->cfa_offset;
#endif
	return is_pair;
}

static bool may_use_chain(const struct clinic_walk *w, int reason)
{
	return w->chain_agrees && reason != CLINIC_END_OUTERMOST &&
	       reason != CLINIC_END_DEPTH;
}

/*
 * The chain is proven as long as the table says of each function that it keeps
 * a frame pointer. The caller of any other function is not in the chain, so
 * what follows it is a guess.
 */
static int add_rest(struct clinic_walk *w, int reason)
{
	const struct clinic_unwound *out = w->out;

	for (size_t i = w->chain_at + 1;; i++) {
		struct clinic_unwind_row row = *clinic_walk_rule(
			w, out->frames[out->frames_count - 1]);

		if (row.cfa_kind >= CLINIC_CFA_REGISTER &&
		    row.ra == CLINIC_SAVED_UNDEFINED)
			return CLINIC_END_OUTERMOST;
		if (i >= w->at->chain_count ||
		    !clinic_walk_is_return_address(w, w->at->chain[i]))
			return reason;
		if (!clinic_walk_add_frame(w, w->at->chain[i] - 1))
			return CLINIC_END_DEPTH;
		w->is_guessed |= !keeps_frame_pointer(&row);
	}
}

int clinic_walk_continue_by_chain(struct clinic_walk *w, int reason)
{
	return may_use_chain(w, reason) ? add_rest(w, reason) : reason;
}
