/*
 * unwind/cfi_rules.h - sets one rule of a row, as an instruction says.
 *
 * Private to cfi_run.c. A row has room for the rules that compilers write. Any
 * other rule (a large offset, another expression) becomes "unsupported". This
 * is not an error: a walk ends there, and says why. What nearly every
 * instruction needs is inline: without that, the table of libc takes about 8 %
 * longer to compile (make bench-unwind).
 */
#ifndef CLINIC_UNWIND_CFI_RULES_H
#define CLINIC_UNWIND_CFI_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "unwind/registers.h"
#include "unwind/unwind_row.h"

enum { CLINIC_RULE_WORD = 8, CLINIC_RULE_REGISTER_MASK = 63 };

/*
 * These set the canonical frame address, register + offset, or one part of it.
 */
static inline void clinic_rule_set_offset(struct clinic_unwind_row *row,
					  int64_t offset)
{
	if (row->cfa_kind != CLINIC_CFA_REGISTER || offset < INT32_MIN ||
	    offset > INT32_MAX)
		row->cfa_kind = CLINIC_CFA_UNSUPPORTED;
	else
		row->cfa_offset = (int32_t)offset;
}

static inline void clinic_rule_set_register(struct clinic_unwind_row *row,
					    uint64_t number)
{
	if (row->cfa_kind != CLINIC_CFA_REGISTER || number >= CLINIC_REGISTERS)
		row->cfa_kind = CLINIC_CFA_UNSUPPORTED;
	else
		row->cfa_register = number & CLINIC_RULE_REGISTER_MASK;
}

static inline void clinic_rule_set_cfa(struct clinic_unwind_row *row,
				       uint64_t number, int64_t offset)
{
	row->cfa_kind = CLINIC_CFA_REGISTER;
	row->cfa_addend = 0;
	clinic_rule_set_register(row, number);
	clinic_rule_set_offset(row, offset);
}

/*
 * Sets the CFA by a DWARF expression: a load from the stack, or the PLT of a
 * linker.
 */
void clinic_rule_set_expression(struct clinic_unwind_row *row,
				const uint8_t *block, size_t size);

/* Where a register was saved, in words from the CFA. */
static inline int16_t clinic_rule_saved_at(int64_t factored, int64_t factor)
{
	int64_t offset;

	if (__builtin_mul_overflow(factored, factor, &offset) ||
	    offset % CLINIC_RULE_WORD != 0 ||
	    offset / CLINIC_RULE_WORD > INT16_MAX ||
	    offset / CLINIC_RULE_WORD < CLINIC_SAVED_WORDS_MIN)
		return CLINIC_SAVED_UNSUPPORTED;
	return (int16_t)(offset / CLINIC_RULE_WORD);
}

/*
 * Likewise by an expression: a function that realigns its stack saves the frame
 * pointer where the frame pointer points.
 */
int16_t clinic_rule_saved_by_expression(uint64_t number, const uint8_t *block,
					size_t size);

#endif
