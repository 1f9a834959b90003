/*
 * unwind/cfi_rules.h - one rule of a row, from what an instruction says.
 *
 * Private to cfi_run.c. A row has room for what compilers write; whatever
 * does not fit (a far offset, another expression) makes the rule
 * unsupported, which is no error: a walk ends there, and says why. What
 * nearly every instruction needs is inline: libc's table takes some 8 % longer
 * to compile without (make bench-unwind).
 */
#ifndef CLINIC_UNWIND_CFI_RULES_H
#define CLINIC_UNWIND_CFI_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "unwind/registers.h"
#include "unwind/unwind_row.h"

enum { CLINIC_RULE_WORD = 8, CLINIC_RULE_REGISTER_MASK = 63 };

/* The canonical frame address: register + offset, or a half of that anew. */
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

/* By a DWARF expression: a load from the stack, or a linker's PLT. */
void clinic_rule_set_expression(struct clinic_unwind_row *row,
				const uint8_t *block, size_t size);

/* Where a register was saved, as rows have it: words from the CFA. */
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

/* By an expression: a realigned function saves the frame pointer where its
 * own points. */
int16_t clinic_rule_saved_by_expression(uint64_t number, const uint8_t *block,
					size_t size);

#endif
