/* Leaves frame after frame by the rules of the tables. */
#include "unwind/unwind.h"

#include <string.h>

#include "unwind/machine_code.h"
#include "unwind/module_record.h"
#include "unwind/address_space.h"
#include "unwind/unwind_row.h"
#include "unwind/unwind_table.h"

/*
 * Between the kernel's frame of a handler and what it interrupted lie all
 * registers, 11 KiB with AMX, and the red zone. Further is another stack.
 */
#define SIGNAL_FRAME_BYTES_MAX 65536

/* Of a process: the kernel maps nothing below, and has the rest itself. */
#define LOWEST_CODE  4096
#define ADDRESS_BITS 48

enum { WORD = 8, STEPPED = CLINIC_ENDS /* not an end: there is a caller */ };

_Static_assert(sizeof(struct clinic_unwind_row) ==
		       sizeof(((struct clinic_unwind_cached *)0)->row),
	       "a cached row is a row");

/* One walk: the registers are those of the frame reached so far. */
struct walk {
	struct clinic_unwinder *unwinder;
	const struct clinic_space *space;
	const struct clinic_unwind_moment *at;
	struct clinic_unwound *out;
	struct clinic_registers registers;
	bool is_exact; /* interrupted at pc, rather than to return to it */
	bool is_guessed;
	/*
	 * The kernel's chain skips the caller of every function that keeps
	 * no frame pointer. chain_at is its entry that the walk has come to,
	 * counted by the functions that do; or the two disagree.
	 */
	size_t chain_at;
	bool chain_agrees;
	bool has_changed_stack; /* below a handler with a stack of its own */
	/*
	 * Whether nothing called the frame reached, and the same of the frame
	 * before it, with the address that that one was to return to; 0: it
	 * was interrupted.
	 */
	bool is_start, was_start;
	uint64_t left_pc;
};

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

static uint64_t value_of(const struct walk *w, unsigned int number)
{
	return w->registers.value[number];
}

/* The address to look up: of the call, where pc is behind it. */
static uint64_t current_address(const struct walk *w)
{
	return value_of(w, CLINIC_REGISTER_PC) - (w->is_exact ? 0 : 1);
}

struct unaligned_word {
	uint64_t word;
} __attribute__((packed, may_alias));

/*
 * In our own process this reads live stack, where sanitizers have put
 * red zones and other threads' writes.
 */
__attribute__((no_sanitize("address", "thread"))) static bool
load(const struct walk *w, uint64_t address, uint64_t *value)
{
	uint64_t offset = address - w->at->stack_start;
	const uint8_t *stack = w->at->stack;

	if (w->at->stack_bytes < WORD || offset > w->at->stack_bytes - WORD)
		return false;
	*value = ((const struct unaligned_word *)(const void *)(stack + offset))
			 ->word;
	if (w->out->stack_read_bytes < offset + WORD)
		w->out->stack_read_bytes = offset + WORD;
	return true;
}

/* A clinic_row_load. */
static bool load_of_walk(void *walk, uint64_t address, uint64_t *value)
{
	return load(walk, address, value);
}

static const struct clinic_unwind_row row_of_nothing = {
	.cfa_kind = CLINIC_CFA_NONE};

static const struct clinic_unwind_row row_of_signal = {
	.cfa_kind = CLINIC_CFA_SIGNAL, .is_signal = 1};

static bool is_sigreturn_at(const struct clinic_code *code, int distance)
{
	uint8_t bytes[CLINIC_SIGRETURN_BYTES];
	size_t got = clinic_module_read_code(
		code->place.module, code->elf_address + (uint64_t)distance,
		code->place.file_offset + (uint64_t)distance, bytes,
		sizeof(bytes));

	return clinic_code_is_sigreturn(bytes, got);
}

/* Handlers return to its first byte; in the call, pc is behind it. */
static bool is_in_sigreturn(const struct clinic_code *code)
{
	return is_sigreturn_at(code, 0) || is_sigreturn_at(code, 1) ||
	       is_sigreturn_at(code, -CLINIC_SIGRETURN_BYTES);
}

static const struct clinic_unwind_row *
find_row(const struct clinic_space *space, uint64_t address)
{
	const struct clinic_unwind_row *row = &row_of_nothing;
	struct clinic_code code;

	if (clinic_space_code(space, address, &code) < 0)
		return row;
	if (code.table)
		row = clinic_unwind_table_find(code.table, code.elf_address);
	/* Not every C library, nor the kernel for AArch64, has rules here. */
	if (row->cfa_kind == CLINIC_CFA_NONE && is_in_sigreturn(&code))
		row = &row_of_signal;
	return row;
}

static struct clinic_unwind_cached *slot_of(struct clinic_unwinder *unwinder,
					    uint64_t address)
{
	/* Fibonacci hashing: neighbouring addresses go to distant slots. */
	uint64_t hash = address * UINT64_C(0x9e3779b97f4a7c15);

	return &unwinder->cache[hash >> 32 & (CLINIC_UNWIND_CACHE - 1)];
}

static struct clinic_unwind_row *rule_for(struct walk *w, uint64_t address)
{
	struct clinic_unwind_cached *slot = slot_of(w->unwinder, address);
	uint64_t version = clinic_space_version(w->space);

	if (slot->pc == address && slot->space_version == version) {
		w->unwinder->cache_hits_count++;
	} else {
		w->unwinder->cache_misses_count++;
		memcpy(slot->row, find_row(w->space, address),
		       sizeof(slot->row));
		slot->pc = address;
		slot->space_version = version;
	}
	return (struct clinic_unwind_row *)(void *)slot->row;
}

static bool is_call_before(const struct walk *w, uint64_t return_address)
{
	uint8_t bytes[CLINIC_CALL_BYTES_MAX];
	uint64_t start = return_address - sizeof(bytes);
	struct clinic_code code;

	if (clinic_space_code(w->space, start, &code) < 0)
		return false;
	/* Generated code, a file we may not read: executable, all the same. */
	if (!clinic_module_has_code(code.place.module))
		return true;
	return clinic_module_read_code(code.place.module, code.elf_address,
				       code.place.file_offset, bytes,
				       sizeof(bytes)) == sizeof(bytes) &&
	       clinic_code_ends_in_call(bytes, sizeof(bytes));
}

/* Remembered with the rule: reading code may cost a system call. */
static bool is_return_address(struct walk *w, uint64_t address)
{
	struct clinic_unwind_row *row = rule_for(w, address - 1);

	if (!row->is_call_checked) {
		row->is_call_checked = 1;
		row->is_after_call = is_call_before(w, address);
	}
	return row->is_after_call;
}

/*
 * The frame pointer is saved beside the return address, and then points at
 * that place: what the kernel's chain takes for granted.
 */
static bool is_saved_in_pair(const struct clinic_unwind_row *row)
{
	return clinic_saved_is_words(row->fp) && row->ra == row->fp + 1;
}

static bool keeps_frame_pointer(const struct clinic_unwind_row *row)
{
	bool is_pair = is_saved_in_pair(row);

#if defined(__x86_64__)
	/* Compilers find the frame by it as soon as it does. */
	is_pair &= row->cfa_kind == CLINIC_CFA_REGISTER &&
		   row->cfa_register == CLINIC_REGISTER_FP &&
		   row->fp * WORD == -row->cfa_offset;
#endif
	return is_pair;
}

/*
 * By what the register has, whatever the compiler finds the frame by: Go has
 * frame pointers, and finds frames by the stack pointer.
 */
static bool is_in_chain(const struct walk *w,
			const struct clinic_unwind_row *row, uint64_t cfa)
{
	return is_saved_in_pair(row) && value_of(w, CLINIC_REGISTER_FP) ==
						cfa + (uint64_t)row->fp * WORD;
}

static void follow_chain(struct walk *w)
{
	if (!w->chain_agrees)
		return;
	w->chain_at++;
	w->chain_agrees = w->chain_at < w->at->chain_count &&
			  w->at->chain[w->chain_at] ==
				  value_of(w, CLINIC_REGISTER_PC);
}

/* STEPPED, with the CFA; or why there is none. */
static int find_cfa(struct walk *w, const struct clinic_unwind_row *row,
		    uint64_t *cfa)
{
	uint64_t pc = value_of(w, CLINIC_REGISTER_PC);

	if (row->cfa_kind == CLINIC_CFA_PLT) {
		bool has_pushed = (pc & 15) >=
				  (uint64_t)CLINIC_PLT_THRESHOLD(row);

		*cfa = value_of(w, CLINIC_REGISTER_SP) +
		       (uint64_t)CLINIC_PLT_OFFSET(row) +
		       (has_pushed ? WORD : 0);
		return STEPPED;
	}
	if (!clinic_registers_know(&w->registers, row->cfa_register))
		return CLINIC_END_NO_REGISTER;
	return clinic_row_find_cfa(row, value_of(w, row->cfa_register),
				   load_of_walk, w, cfa)
		       ? STEPPED
		       : CLINIC_END_STACK_SHORT;
}

/* STEPPED, with what the register was in the caller; or why not. */
static int find_saved(const struct walk *w, int16_t saved, unsigned int number,
		      uint64_t cfa, uint64_t *value)
{
	if (clinic_saved_is_words(saved))
		return load(w, clinic_row_place(cfa, saved), value)
			       ? STEPPED
			       : CLINIC_END_STACK_SHORT;
	if (saved == CLINIC_SAVED_AT_FP)
		return load(w, value_of(w, CLINIC_REGISTER_FP), value)
			       ? STEPPED
			       : CLINIC_END_STACK_SHORT;
	if (saved == CLINIC_SAVED_UNDEFINED)
		return CLINIC_END_NO_REGISTER;
	if (saved == CLINIC_SAVED_UNSUPPORTED)
		return CLINIC_END_UNSUPPORTED;
	if (saved >= CLINIC_SAVED_IN_REGISTER)
		number = (unsigned int)(saved - CLINIC_SAVED_IN_REGISTER);
	if (!clinic_registers_know(&w->registers, number))
		return CLINIC_END_NO_REGISTER;
	*value = value_of(w, number);
	return STEPPED;
}

static uint64_t without_signature(uint64_t return_address)
{
#if defined(__aarch64__)
	/* Pointer authentication signs in the bits above the address. */
	return return_address & ((UINT64_C(1) << 48) - 1);
#else
	return return_address;
#endif
}

/* Stacks grow downwards; only a leaf that saves nothing has an empty frame. */
static bool is_outwards(const struct walk *w, uint64_t cfa)
{
	uint64_t sp = value_of(w, CLINIC_REGISTER_SP);

	return cfa % WORD == 0 &&
	       (cfa > sp ||
		(cfa == sp && CLINIC_REGISTER_RETURN != CLINIC_REGISTER_PC &&
		 w->is_exact));
}

/* Registers not saved by the callee, or not followed, are lost. */
static void enter_caller(struct walk *w, uint64_t cfa, uint64_t pc)
{
	w->left_pc = w->is_exact ? 0 : value_of(w, CLINIC_REGISTER_PC);
	w->was_start = w->is_start;
	w->is_start = false;
	w->registers.known = 0;
	clinic_registers_set(&w->registers, CLINIC_REGISTER_SP, cfa);
	clinic_registers_set(&w->registers, CLINIC_REGISTER_PC, pc);
	w->is_exact = false;
}

static int leave_by_row(struct walk *w, const struct clinic_unwind_row *row)
{
	uint64_t cfa, pc, fp, spare;
	bool has_fp, has_spare, is_chained;
	int found;

	if (row->ra == CLINIC_SAVED_UNDEFINED)
		return CLINIC_END_OUTERMOST;
	found = find_cfa(w, row, &cfa);
	if (found != STEPPED)
		return found;
	if (!is_outwards(w, cfa))
		return CLINIC_END_DAMAGED_STACK;
	found = find_saved(w, row->ra, CLINIC_REGISTER_RETURN, cfa, &pc);
	if (found != STEPPED)
		return found;
	if (pc == 0)
		return CLINIC_END_OUTERMOST;
	has_fp = find_saved(w, row->fp, CLINIC_REGISTER_FP, cfa, &fp) ==
		 STEPPED;
	has_spare = find_saved(w, row->spare, CLINIC_REGISTER_SPARE, cfa,
			       &spare) == STEPPED;
	is_chained = is_in_chain(w, row, cfa);
	enter_caller(w, cfa, without_signature(pc));
	if (has_fp)
		clinic_registers_set(&w->registers, CLINIC_REGISTER_FP, fp);
	if (has_spare)
		clinic_registers_set(&w->registers, CLINIC_REGISTER_SPARE,
				     spare);
	w->is_exact = row->is_signal;
	if (is_chained)
		follow_chain(w);
	return STEPPED;
}

/* A handler returns into code that gives all registers back. */
static int leave_signal(struct walk *w)
{
	uint64_t words[CLINIC_REGISTERS];
	uint64_t from = value_of(w, CLINIC_REGISTER_SP) +
			CLINIC_SIGNAL_REGISTERS_OFFSET;

	for (size_t i = 0; i < CLINIC_REGISTERS; i++)
		if (!load(w, from + i * WORD, &words[i]))
			return CLINIC_END_STACK_SHORT;
	clinic_registers_from_signal(&w->registers, words);
	w->is_exact = true;
	/* Unsigned: a stack that lies lower is far away, too. */
	w->has_changed_stack |= value_of(w, CLINIC_REGISTER_SP) - from >
				SIGNAL_FRAME_BYTES_MAX;
	return STEPPED;
}

/* Where the return address is the stack's word of that index. */
static bool guess_by_stack(struct walk *w, unsigned int word)
{
	uint64_t at = value_of(w, CLINIC_REGISTER_SP) + word * WORD, fp, pc;
	bool has_fp = clinic_registers_know(&w->registers, CLINIC_REGISTER_FP);

	if (!w->is_exact || CLINIC_REGISTER_RETURN != CLINIC_REGISTER_PC ||
	    !load(w, at, &pc) || !is_return_address(w, pc))
		return false;
	fp = value_of(w, CLINIC_REGISTER_FP);
	enter_caller(w, at + WORD, pc);
	if (has_fp)
		clinic_registers_set(&w->registers, CLINIC_REGISTER_FP, fp);
	return true;
}

static bool guess_by_frame_pointer(struct walk *w)
{
	uint64_t fp = value_of(w, CLINIC_REGISTER_FP), caller_fp, pc;

	if (!clinic_registers_know(&w->registers, CLINIC_REGISTER_FP) ||
	    fp < value_of(w, CLINIC_REGISTER_SP) || fp % WORD != 0 ||
	    !load(w, fp, &caller_fp) || !load(w, fp + WORD, &pc))
		return false;
	pc = without_signature(pc);
	if (!is_return_address(w, pc))
		return false;
	enter_caller(w, fp + 2 * WORD, pc);
	clinic_registers_set(&w->registers, CLINIC_REGISTER_FP, caller_fp);
	return true;
}

/* Generated code, assembly without annotations: STEPPED, or `reason`. */
static int guess(struct walk *w, int reason)
{
	/* Nothing pushed yet; a usual frame; one word pushed. */
	if (!guess_by_stack(w, 0) && !guess_by_frame_pointer(w) &&
	    !guess_by_stack(w, 1))
		return reason;
	w->is_guessed = true;
	w->chain_agrees = false;
	return STEPPED;
}

/*
 * A coroutine's stack begins with whatever its library put there: a function
 * that nothing called, or an address that is none. What its start function
 * would return to is not code, and never was.
 */
static bool is_beyond_start(struct walk *w)
{
	uint64_t pc = value_of(w, CLINIC_REGISTER_PC);

	if (w->is_guessed || w->out->frames_count < 2)
		return false;
	return pc < LOWEST_CODE || pc >> ADDRESS_BITS || w->was_start ||
	       (w->left_pc && !is_return_address(w, w->left_pc));
}

static int leave_without_row(struct walk *w)
{
	struct clinic_code code;

	if (clinic_space_code(w->space, current_address(w), &code) < 0) {
		if (is_beyond_start(w)) {
			w->out->frames_count--;
			return CLINIC_END_OUTERMOST;
		}
		w->out->has_unmapped = true;
		return guess(w, CLINIC_END_NO_MAPPING);
	}
	if (clinic_module_is_32_bit(code.place.module))
		return CLINIC_END_32_BIT;
	if (code.table &&
	    clinic_unwind_table_is_entry(code.table, code.elf_address))
		return CLINIC_END_OUTERMOST;
	return guess(w, CLINIC_END_NO_TABLE);
}

static int leave_frame(struct walk *w, const struct clinic_unwind_row *row)
{
	int left;

	switch (row->cfa_kind) {
	case CLINIC_CFA_NONE:
		return leave_without_row(w);
	case CLINIC_CFA_SIGNAL:
		return leave_signal(w);
	case CLINIC_CFA_UNSUPPORTED:
		/* The code that began this stack, for a coroutine say. */
		if (row->ra == CLINIC_SAVED_UNDEFINED && !w->is_exact)
			return CLINIC_END_OUTERMOST;
		return guess(w, CLINIC_END_UNSUPPORTED);
	default:
		left = leave_by_row(w, row);
		return left == CLINIC_END_NO_REGISTER ||
				       left == CLINIC_END_UNSUPPORTED
			       ? guess(w, left)
			       : left;
	}
}

static bool add_frame(struct walk *w, uint64_t address)
{
	struct clinic_unwound *out = w->out;

	if (out->frames_count == out->frames_max)
		return false;
	out->frames[out->frames_count++] = address;
	return true;
}

/* A copy: guessing looks other rules up. */
static struct clinic_unwind_row current_rule(struct walk *w)
{
	struct clinic_unwind_row row = *rule_for(w, current_address(w)), here;

	if (w->is_exact || row.cfa_kind != CLINIC_CFA_NONE)
		return row;
	/*
	 * No call ends here: the address was put on the stack by someone, as
	 * makecontext does, and is the beginning of a function.
	 */
	here = *rule_for(w, value_of(w, CLINIC_REGISTER_PC));
	if (here.cfa_kind == CLINIC_CFA_NONE)
		return row;
	w->is_exact = true;
	w->is_start = !here.is_signal;
	return here;
}

static int walk_registers(struct walk *w)
{
	int left;

	do {
		struct clinic_unwind_row row = current_rule(w);

		/* What a handler returns into was never called, either. */
		if (!add_frame(w, row.is_signal
					  ? value_of(w, CLINIC_REGISTER_PC)
					  : current_address(w)))
			return CLINIC_END_DEPTH;
		left = leave_frame(w, &row);
	} while (left == STEPPED);
	return left;
}

/*
 * The rest of the kernel's chain. Proven as long as each function is one
 * that keeps a frame pointer, by its table; the caller of any other is not
 * in the chain, so that what follows is a guess.
 */
static int walk_chain(struct walk *w, int reason)
{
	const struct clinic_unwound *out = w->out;

	for (size_t i = w->chain_at + 1;; i++) {
		struct clinic_unwind_row row =
			*rule_for(w, out->frames[out->frames_count - 1]);

		if (row.cfa_kind >= CLINIC_CFA_REGISTER &&
		    row.ra == CLINIC_SAVED_UNDEFINED)
			return CLINIC_END_OUTERMOST;
		if (i >= w->at->chain_count ||
		    !is_return_address(w, w->at->chain[i]))
			return reason;
		if (!add_frame(w, w->at->chain[i] - 1))
			return CLINIC_END_DEPTH;
		w->is_guessed |= !keeps_frame_pointer(&row);
	}
}

/* The chain goes on where bytes of the stack or tables are missing. */
static bool may_use_chain(const struct walk *w, int reason)
{
	return w->chain_agrees && reason != CLINIC_END_OUTERMOST &&
	       reason != CLINIC_END_DEPTH;
}

static int walk(struct walk *w)
{
	const struct clinic_unwind_moment *at = w->at;
	int reason;

	if (at->registers) {
		w->registers = *at->registers;
		w->chain_agrees = at->chain_count > 0 &&
				  at->chain[0] ==
					  value_of(w, CLINIC_REGISTER_PC);
		reason = walk_registers(w);
	} else {
		w->chain_agrees = at->chain_count > 0;
		reason = CLINIC_END_STACK_SHORT;
		if (w->chain_agrees)
			(void)add_frame(w, at->chain[0]);
	}
	if (reason == CLINIC_END_STACK_SHORT && w->has_changed_stack)
		reason = CLINIC_END_ALTERNATE_STACK;
	return may_use_chain(w, reason) ? walk_chain(w, reason) : reason;
}

static enum clinic_unwind_truth truth_of(const struct walk *w)
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
	struct walk w = {.unwinder = unwinder,
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
