/* Runs call frame instructions, and makes a row for each change of rules. */
#include "unwind/cfi.h"

#include <errno.h>

#include "foundation/byte_reader.h"
#include "unwind/cfi_entry.h"
#include "unwind/cfi_rules.h"
#include "unwind/registers.h"

/* How many states remember_state may save. Compilers save one. */
enum { STATES_MAX = 16 };

/* The state of running the instructions of a function. */
struct machine {
	const struct clinic_cfi_section *section;
	const struct clinic_cfi_common *common;
	uint64_t address;
	uint64_t end;
	struct clinic_unwind_row row;
	/* the rules that restore sets again */
	struct clinic_unwind_row initial;
	struct clinic_unwind_row states[STATES_MAX];
	unsigned int states_count;
	int16_t pushed_fp, pushed_spare; /* where it was saved, so far */
	clinic_cfi_on_row *on_row;
	void *context;
};

/* NULL for a register whose value no walk needs. */
static int16_t *saved_slot(struct clinic_unwind_row *row, uint64_t number)
{
	switch (number) {
	case CLINIC_REGISTER_FP:
		return &row->fp;
	case CLINIC_REGISTER_RETURN:
		return &row->ra;
	case CLINIC_REGISTER_SPARE:
		return &row->spare;
	default:
		return NULL;
	}
}

static void save(struct machine *m, uint64_t number, int16_t where)
{
	int16_t *slot = saved_slot(&m->row, number);

	if (slot)
		*slot = where;
}

static void save_in_register(struct machine *m, uint64_t number, uint64_t other)
{
	save(m, number,
	     other < CLINIC_REGISTERS
		     ? (int16_t)(CLINIC_SAVED_IN_REGISTER + (int)other)
		     : (int16_t)CLINIC_SAVED_UNSUPPORTED);
}

static void restore(struct machine *m, uint64_t number)
{
	int16_t *initial = saved_slot(&m->initial, number);

	if (initial)
		save(m, number, *initial);
}

static int64_t scale(const struct machine *m, int64_t factored)
{
	int64_t offset;

	if (__builtin_mul_overflow(factored, m->common->data_factor, &offset))
		return INT64_MAX; /* too far: it will be refused */
	return offset;
}

/* The bytes of an expression; NULL: it is cut short. */
static const uint8_t *read_block(struct byte_reader *r, size_t *size)
{
	uint64_t bytes = read_uleb(r);

	*size = (size_t)bytes;
	return read_bytes(r, bytes);
}

static void set_cfa_expression(struct machine *m, struct byte_reader *r)
{
	size_t size;
	const uint8_t *block = read_block(r, &size);

	if (block)
		clinic_rule_set_expression(&m->row, block, size);
}

static void save_by_expression(struct machine *m, uint64_t number,
			       struct byte_reader *r)
{
	size_t size;
	const uint8_t *block = read_block(r, &size);

	if (block)
		save(m, number,
		     clinic_rule_saved_by_expression(number, block, size));
}

static void skip_value_expression(struct machine *m, uint64_t number,
				  struct byte_reader *r)
{
	skip_bytes(r, read_uleb(r));
	save(m, number, CLINIC_SAVED_UNSUPPORTED);
}

static bool is_signal_frame(const struct machine *m)
{
#if defined(__x86_64__)
	/*
	 * The ucontext of rt_sigframe contains the interrupted stack pointer
	 * there.
	 */
	enum { STACK_POINTER_OFFSET = 160 };

	return m->common->is_signal && m->row.cfa_kind == CLINIC_CFA_MEMORY &&
	       m->row.cfa_register == CLINIC_REGISTER_SP &&
	       m->row.cfa_offset == STACK_POINTER_OFFSET &&
	       m->row.cfa_addend == 0;
#else
	(void)m;
	return false;
#endif
}

static bool is_below_stack(const struct clinic_unwind_row *row, int16_t saved)
{
	return row->cfa_kind == CLINIC_CFA_REGISTER &&
	       row->cfa_register == CLINIC_REGISTER_SP &&
	       clinic_saved_is_words(saved) &&
	       row->cfa_offset + saved * CLINIC_RULE_WORD < 0;
}

/*
 * Compilers do not say when an epilogue pops a register: its place is then
 * below the stack pointer, of which a stack copy has nothing, and the
 * register has its value again. But a leaf function may also save one in
 * the red zone below the stack pointer from the beginning.
 */
static int16_t saved_or_popped(const struct clinic_unwind_row *row,
			       int16_t saved, int16_t *pushed)
{
	if (!is_below_stack(row, saved)) {
		*pushed = saved;
		return saved;
	}
	return *pushed == saved ? (int16_t)CLINIC_SAVED_SAME : saved;
}

static int emit(struct machine *m)
{
	struct clinic_unwind_row row = m->row;

	row.fp = saved_or_popped(&row, row.fp, &m->pushed_fp);
	row.spare = saved_or_popped(&row, row.spare, &m->pushed_spare);
	row.is_signal = m->common->is_signal;
	if (is_signal_frame(m))
		row.cfa_kind = CLINIC_CFA_SIGNAL;
	return m->on_row(m->context, m->address, &row);
}

/*
 * The row holds up to the new address; an address that goes backwards is
 * damage.
 */
static int advance_to(struct machine *m, uint64_t address)
{
	int error = 0;

	if (address < m->address)
		return -EBADMSG;
	if (address > m->address && m->address < m->end)
		error = emit(m);
	m->address = address;
	return error;
}

static int advance(struct machine *m, uint64_t factored)
{
	uint64_t delta;

	if (__builtin_mul_overflow(factored, m->common->code_factor, &delta) ||
	    delta > UINT64_MAX - m->address)
		return -EBADMSG;
	return advance_to(m, m->address + delta);
}

static int remember(struct machine *m)
{
	if (m->states_count == STATES_MAX)
		return -EBADMSG;
	m->states[m->states_count++] = m->row;
	return 0;
}

static int restore_remembered(struct machine *m)
{
	if (m->states_count == 0)
		return -EBADMSG;
	m->row = m->states[--m->states_count];
	return 0;
}

/* The DW_CFA_* whose operand is part of the opcode. */
enum {
	CFA_HIGH_BITS = 0xc0,
	CFA_LOW_BITS = 0x3f,
	CFA_ADVANCE_LOC = 0x40,
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0
};

enum {
	CFA_NOP = 0x00,
	CFA_SET_LOC,
	CFA_ADVANCE_LOC1,
	CFA_ADVANCE_LOC2,
	CFA_ADVANCE_LOC4,
	CFA_OFFSET_EXTENDED,
	CFA_RESTORE_EXTENDED,
	CFA_UNDEFINED,
	CFA_SAME_VALUE,
	CFA_REGISTER,
	CFA_REMEMBER_STATE,
	CFA_RESTORE_STATE,
	CFA_DEF_CFA,
	CFA_DEF_CFA_REGISTER,
	CFA_DEF_CFA_OFFSET,
	CFA_DEF_CFA_EXPRESSION,
	CFA_EXPRESSION,
	CFA_OFFSET_EXTENDED_SF,
	CFA_DEF_CFA_SF,
	CFA_DEF_CFA_OFFSET_SF,
	CFA_VAL_OFFSET,
	CFA_VAL_OFFSET_SF,
	CFA_VAL_EXPRESSION,
	CFA_AARCH64_NEGATE_RA_STATE = 0x2d,
	CFA_GNU_ARGS_SIZE = 0x2e,
	CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f
};

static int run_location(struct machine *m, uint8_t op, struct byte_reader *r)
{
	switch (op) {
	case CFA_SET_LOC:
		return advance_to(
			m, clinic_cfi_read_pointer(
				   m->section, r, m->common->pointer_encoding));
	case CFA_ADVANCE_LOC1:
		return advance(m, read_unsigned(r, 1));
	case CFA_ADVANCE_LOC2:
		return advance(m, read_unsigned(r, 2));
	case CFA_ADVANCE_LOC4:
		return advance(m, read_unsigned(r, 4));
	case CFA_REMEMBER_STATE:
		return remember(m);
	case CFA_RESTORE_STATE:
		return restore_remembered(m);
	default:
		return -ENOENT;
	}
}

static int run_cfa(struct machine *m, uint8_t op, struct byte_reader *r)
{
	uint64_t number;

	switch (op) {
	case CFA_DEF_CFA:
		number = read_uleb(r);
		clinic_rule_set_cfa(&m->row, number, (int64_t)read_uleb(r));
		return 0;
	case CFA_DEF_CFA_SF:
		number = read_uleb(r);
		clinic_rule_set_cfa(&m->row, number, scale(m, read_sleb(r)));
		return 0;
	case CFA_DEF_CFA_REGISTER:
		clinic_rule_set_register(&m->row, read_uleb(r));
		return 0;
	case CFA_DEF_CFA_OFFSET:
		clinic_rule_set_offset(&m->row, (int64_t)read_uleb(r));
		return 0;
	case CFA_DEF_CFA_OFFSET_SF:
		clinic_rule_set_offset(&m->row, scale(m, read_sleb(r)));
		return 0;
	case CFA_DEF_CFA_EXPRESSION:
		set_cfa_expression(m, r);
		return 0;
	default:
		return -ENOENT;
	}
}

/* The first operand of all of these is a register. */
static int run_register(struct machine *m, uint8_t op, struct byte_reader *r)
{
	int64_t factor = m->common->data_factor;
	uint64_t number = read_uleb(r);

	switch (op) {
	case CFA_OFFSET_EXTENDED:
		save(m, number,
		     clinic_rule_saved_at((int64_t)read_uleb(r), factor));
		return 0;
	case CFA_OFFSET_EXTENDED_SF:
		save(m, number, clinic_rule_saved_at(read_sleb(r), factor));
		return 0;
	case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
		save(m, number,
		     clinic_rule_saved_at((int64_t)(0 - read_uleb(r)), factor));
		return 0;
	case CFA_RESTORE_EXTENDED:
		restore(m, number);
		return 0;
	case CFA_UNDEFINED:
		save(m, number, CLINIC_SAVED_UNDEFINED);
		return 0;
	case CFA_SAME_VALUE:
		save(m, number, CLINIC_SAVED_SAME);
		return 0;
	case CFA_REGISTER:
		save_in_register(m, number, read_uleb(r));
		return 0;
	case CFA_EXPRESSION:
		save_by_expression(m, number, r);
		return 0;
	case CFA_VAL_OFFSET:
	case CFA_VAL_OFFSET_SF:
		(void)read_uleb(r); /* signed or not, it has the same length */
		save(m, number, CLINIC_SAVED_UNSUPPORTED);
		return 0;
	case CFA_VAL_EXPRESSION:
		skip_value_expression(m, number, r);
		return 0;
	default:
		return -EBADMSG;
	}
}

/* Skips instructions that change nothing that a walk needs. */
static bool skip_harmless(uint8_t op, struct byte_reader *r)
{
	if (op == CFA_GNU_ARGS_SIZE)
		(void)read_uleb(r);
	/*
	 * Whether it is signed or not, a walk removes the signature of a return
	 * address.
	 */
	return op == CFA_NOP || op == CFA_GNU_ARGS_SIZE ||
	       op == CFA_AARCH64_NEGATE_RA_STATE;
}

static int run_long(struct machine *m, uint8_t op, struct byte_reader *r)
{
	int error;

	if (skip_harmless(op, r))
		return 0;
	error = run_location(m, op, r);
	if (error == -ENOENT)
		error = run_cfa(m, op, r);
	if (error == -ENOENT)
		error = run_register(m, op, r);
	return error;
}

static int run_one(struct machine *m, struct byte_reader *r)
{
	uint8_t op = read_u8(r);
	uint8_t low = op & CFA_LOW_BITS;

	switch (op & CFA_HIGH_BITS) {
	case CFA_ADVANCE_LOC:
		return advance(m, low);
	case CFA_OFFSET:
		save(m, low,
		     clinic_rule_saved_at((int64_t)read_uleb(r),
					  m->common->data_factor));
		return 0;
	case CFA_RESTORE:
		restore(m, low);
		return 0;
	default:
		return run_long(m, op, r);
	}
}

static int run_all(struct machine *m, struct byte_reader r)
{
	int error = 0;

	while (!error && bytes_left(&r) > 0 && m->address < m->end) {
		error = run_one(m, &r);
		if (r.failed)
			error = -EBADMSG;
	}
	return error;
}

static const struct clinic_unwind_row at_first = {
	.cfa_kind = CLINIC_CFA_UNSUPPORTED, /* until the first rule */
	.fp = CLINIC_SAVED_SAME,
	.ra = CLINIC_SAVED_SAME,
	.spare = CLINIC_SAVED_SAME,
};

int clinic_cfi_run(const struct clinic_cfi_section *section,
		   const struct clinic_cfi_function *function,
		   clinic_cfi_on_row *on_row, void *context)
{
	struct clinic_cfi_entry entry;
	struct machine m = {.section = section,
			    .common = &entry.common,
			    .address = function->start,
			    .end = function->start + function->size,
			    .row = at_first,
			    .initial = at_first,
			    .pushed_fp = CLINIC_SAVED_SAME,
			    .pushed_spare = CLINIC_SAVED_SAME,
			    .on_row = on_row,
			    .context = context};
	int error = clinic_cfi_read_entry(section, function->entry, &entry);

	if (!error)
		error = run_all(&m, entry.common.instructions);
	m.initial = m.row;
	if (!error)
		error = run_all(&m, entry.instructions);
	if (!error && m.address < m.end)
		error = emit(&m);
	return error;
}
