/* Packs one rule of call frame information into the bits of a row. */
#include "unwind/cfi_rules.h"

#include "foundation/byte_reader.h"

enum { CFA_ADDEND_MAX = 15 };

enum {
	OP_DEREF = 0x06,
	OP_PLUS = 0x22,
	OP_PLUS_UCONST = 0x23,
	OP_LIT0 = 0x30,
	OP_LIT31 = 0x4f,
	OP_BREG0 = 0x70,
	OP_BREG31 = 0x8f
};

/*
 * The PLT of linkers: sp + 8 + (((pc & 15) >= N) << 3), because each entry
 * pushes a word at its Nth byte.
 */
static bool set_cfa_plt(struct clinic_unwind_row *row, const uint8_t *block,
			size_t size)
{
	static const uint8_t before[] = {0x77, 8, 0x80, 0, 0x3f, 0x1a};
	static const uint8_t after[] = {0x2a, 0x33, 0x24, 0x22};
	int threshold;

	if (CLINIC_REGISTER_SP != 7 ||
	    size != sizeof(before) + 1 + sizeof(after) ||
	    memcmp(block, before, sizeof(before)) != 0 ||
	    memcmp(block + sizeof(before) + 1, after, sizeof(after)) != 0)
		return false;
	threshold = block[sizeof(before)] - OP_LIT0;
	if (threshold < 0 || threshold > 15)
		return false;
	row->cfa_kind = CLINIC_CFA_PLT;
	row->cfa_offset = CLINIC_RULE_WORD | threshold << 8;
	return true;
}

/* Reads the number of bytes that is added after the load: nothing, +N or N+. */
static uint64_t read_addend(struct byte_reader *r)
{
	uint64_t addend;
	uint8_t op;

	if (bytes_left(r) == 0)
		return 0;
	op = read_u8(r);
	if (op == OP_PLUS_UCONST)
		return read_uleb(r);
	addend = (uint64_t)(op - OP_LIT0);
	r->failed |= op < OP_LIT0 || op > OP_LIT31 || read_u8(r) != OP_PLUS;
	return addend;
}

/*
 * *(register + offset) + addend: gcc writes it for realigned stacks, and
 * OpenSSL in assembly.
 */
static bool set_cfa_memory(struct clinic_unwind_row *row, const uint8_t *block,
			   size_t size)
{
	struct byte_reader r = {.at = block, .end = block + size};
	uint8_t op = read_u8(&r);
	int64_t offset = read_sleb(&r);
	unsigned int addend_words;
	uint64_t addend;

	if (op < OP_BREG0 || op > OP_BREG31)
		return false;
	clinic_rule_set_cfa(row, (uint64_t)(op - OP_BREG0), offset);
	if (!r.failed && bytes_left(&r) == 0)
		return true;
	r.failed |= read_u8(&r) != OP_DEREF;
	addend = read_addend(&r);
	addend_words = (unsigned int)(addend / CLINIC_RULE_WORD) &
		       CFA_ADDEND_MAX;
	if (r.failed || bytes_left(&r) != 0 ||
	    addend != (uint64_t)addend_words * CLINIC_RULE_WORD ||
	    row->cfa_kind != CLINIC_CFA_REGISTER)
		return false;
	row->cfa_kind = CLINIC_CFA_MEMORY;
	row->cfa_addend = addend_words & CFA_ADDEND_MAX;
	return true;
}

void clinic_rule_set_expression(struct clinic_unwind_row *row,
				const uint8_t *block, size_t size)
{
	if (!set_cfa_plt(row, block, size) && !set_cfa_memory(row, block, size))
		row->cfa_kind = CLINIC_CFA_UNSUPPORTED;
}

int16_t clinic_rule_saved_by_expression(uint64_t number, const uint8_t *block,
					size_t size)
{
	static const uint8_t at_fp[] = {OP_BREG0 + CLINIC_REGISTER_FP, 0};
	bool is_at_fp = number == CLINIC_REGISTER_FP && size == sizeof(at_fp) &&
			memcmp(block, at_fp, sizeof(at_fp)) == 0;

	return is_at_fp ? CLINIC_SAVED_AT_FP : CLINIC_SAVED_UNSUPPORTED;
}
