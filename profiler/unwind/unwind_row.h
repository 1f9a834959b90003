/*
 * unwind/unwind_row.h - one rule of a table: how to leave a frame.
 *
 * A row holds from its pc to the pc of the next row. The canonical frame
 * address (CFA) is the stack pointer that the caller had before the call;
 * registers are saved at whole words from it. Private to this room and the
 * preload library.
 *
 *	higher    | caller's frame  |
 *	          +-----------------+ <- CFA = register + offset
 *	ra = -1   | return address  |    CFA - 8
 *	fp = -2   | saved fp        |    CFA - 16
 *	          | locals          |
 *	lower     +-----------------+ <- stack pointer at pc
 *
 *	pc        0x1000        0x1001        0x1004                 0x1050
 *	row       sp+8, ra=-1 | sp+16, fp=-2 | fp+16, ra=-1, fp=-2 | ...
 */
#ifndef CLINIC_UNWIND_ROW_H
#define CLINIC_UNWIND_ROW_H

#include <stdbool.h>
#include <stdint.h>

enum clinic_cfa_kind {
	CLINIC_CFA_NONE,        /* code without unwind information */
	CLINIC_CFA_UNSUPPORTED, /* information that we cannot follow */
	CLINIC_CFA_REGISTER,    /* register + offset */
	CLINIC_CFA_MEMORY,      /* *(register + offset) + addend words */
	CLINIC_CFA_PLT,         /* sp + offset, see CLINIC_PLT_OFFSET */
	CLINIC_CFA_SIGNAL       /* all registers are in the signal's frame */
};

/*
 * Where the caller's value of a register is: words from the CFA, or one of
 * these.
 */
enum clinic_saved {
	CLINIC_SAVED_SAME = INT16_MIN, /* the register still has it */
	CLINIC_SAVED_UNDEFINED,        /* unknown; return address: no caller */
	CLINIC_SAVED_UNSUPPORTED,
	CLINIC_SAVED_AT_FP,       /* where the frame pointer points */
	CLINIC_SAVED_IN_REGISTER, /* plus the number of the register */
	CLINIC_SAVED_WORDS_MIN = CLINIC_SAVED_IN_REGISTER + 64
};

struct clinic_unwind_row {
	uint32_t pc; /* relative to the table's base */
	int32_t cfa_offset;
	int16_t fp, ra, spare; /* enum clinic_saved, or words from the CFA */
	uint8_t cfa_register : 6;
	uint8_t is_call_checked : 1; /* in caches: is_after_call is known */
	uint8_t is_after_call : 1;   /* a call is before the return address */
	uint8_t cfa_kind : 3;
	uint8_t is_signal : 1;  /* the caller was interrupted */
	uint8_t cfa_addend : 4; /* words, for CLINIC_CFA_MEMORY */
};

_Static_assert(sizeof(struct clinic_unwind_row) == 16, "16 bytes a row");

/*
 * For CLINIC_CFA_PLT: the offset, and from which pc & 15 on it is a word more.
 */
#define CLINIC_PLT_OFFSET(row)    ((row)->cfa_offset & 0xff)
#define CLINIC_PLT_THRESHOLD(row) ((row)->cfa_offset >> 8)

static inline bool clinic_saved_is_words(int16_t saved)
{
	return saved >= CLINIC_SAVED_WORDS_MIN;
}

/*
 * Reads a word of the stack, for a step of any walk. Each walk has its own
 * function, which is inlined here. Returns false if the word cannot be read.
 */
typedef bool clinic_row_load(void *walk, uint64_t address, uint64_t *word);

#define CLINIC_ROW_WORD UINT64_C(8)

/* The address of a register that is saved at words from the CFA. */
static inline uint64_t clinic_row_place(uint64_t cfa, int16_t saved)
{
	return cfa + (uint64_t)saved * CLINIC_ROW_WORD;
}

/*
 * Computes the CFA for CLINIC_CFA_REGISTER and _MEMORY; `value` is that of
 * row->cfa_register.
 */
__attribute__((always_inline)) static inline bool
clinic_row_find_cfa(const struct clinic_unwind_row *row, uint64_t value,
		    clinic_row_load *load, void *walk, uint64_t *cfa)
{
	*cfa = value + (uint64_t)row->cfa_offset;
	if (row->cfa_kind != CLINIC_CFA_MEMORY)
		return true;
	if (!load(walk, *cfa, cfa))
		return false;
	*cfa += row->cfa_addend * CLINIC_ROW_WORD;
	return true;
}

#endif
