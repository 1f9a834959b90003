/*
 * unwind/cfi_assembler.h - for tests: assembles call frame information by hand,
 * and collects the rows that it gives.
 *
 *	RUN(&rows, ADVANCE | 1, DEF_CFA_OFFSET, 16);  one function, usual CIE
 *	expect_cfa(&rows.row[1], SP, 16);
 *
 * put_common(), put_function() and run_section() assemble a section entry by
 * entry. Registers are named by their role, so the tests do not depend on the
 * machine.
 */
#ifndef CLINIC_UNWIND_CFI_ASSEMBLER_H
#define CLINIC_UNWIND_CFI_ASSEMBLER_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unwind/cfi.h"
#include "unwind/registers.h"

enum {
	FP = CLINIC_REGISTER_FP,
	SP = CLINIC_REGISTER_SP,
	RA = CLINIC_REGISTER_RETURN,
	SPARE = CLINIC_REGISTER_SPARE,
	ADDRESS = 0x10000, /* of the section */
	START = 0x20000,   /* of the function */
	SIZE = 0x1000,
	ROWS_MAX = 32
};

/* DW_CFA_*, with their numbers in the standard. */
enum {
	NOP = 0x00,
	SET_LOC = 0x01,
	ADVANCE1 = 0x02,
	ADVANCE2 = 0x03,
	ADVANCE4 = 0x04,
	OFFSET_EXTENDED = 0x05,
	RESTORE_EXTENDED = 0x06,
	UNDEFINED = 0x07,
	SAME_VALUE = 0x08,
	REGISTER = 0x09,
	REMEMBER = 0x0a,
	RESTORE_STATE = 0x0b,
	DEF_CFA = 0x0c,
	DEF_CFA_REGISTER = 0x0d,
	DEF_CFA_OFFSET = 0x0e,
	DEF_CFA_EXPRESSION = 0x0f,
	EXPRESSION = 0x10,
	OFFSET_EXTENDED_SF = 0x11,
	DEF_CFA_SF = 0x12,
	DEF_CFA_OFFSET_SF = 0x13,
	VAL_OFFSET = 0x14,
	VAL_OFFSET_SF = 0x15,
	VAL_EXPRESSION = 0x16,
	NEGATE_RA_STATE = 0x2d,
	ARGS_SIZE = 0x2e,
	NEGATIVE_OFFSET = 0x2f,
	ADVANCE = 0x40,
	OFFSET = 0x80,
	RESTORE = 0xc0
};

struct bytes {
	uint8_t at[4096];
	size_t count;
};

struct rows {
	uint64_t address[ROWS_MAX];
	struct clinic_unwind_row row[ROWS_MAX];
	size_t count;
};

static inline void put(struct bytes *b, const void *data, size_t size)
{
	assert_true(b->count + size <= sizeof(b->at));
	memcpy(b->at + b->count, data, size);
	b->count += size;
}

static inline void put_u8(struct bytes *b, unsigned int value)
{
	uint8_t byte = (uint8_t)value;

	put(b, &byte, 1);
}

static inline void put_u32(struct bytes *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

/* Appends an entry: its length, then its body. */
static inline void put_entry(struct bytes *b, const struct bytes *body)
{
	put_u32(b, (uint32_t)body->count);
	put(b, body->at, body->count);
}

/*
 * Appends a CIE. With "zR": the code factor is 1, the data factor is -8, and
 * addresses are relative and take 4 bytes.
 */
static inline void put_common(struct bytes *b, const char *letters,
			      const uint8_t *instructions, size_t size)
{
	struct bytes body = {.count = 0};

	put_u32(&body, 0);
	put_u8(&body, 1); /* version */
	put(&body, letters, strlen(letters) + 1);
	put_u8(&body, 1);
	put_u8(&body, 0x78); /* sleb -8 */
	put_u8(&body, RA);
	put_u8(&body, 1);    /* size of augmentation data */
	put_u8(&body, 0x1b); /* pcrel, sdata4 */
	put(&body, instructions, size);
	put_entry(b, &body);
}

static inline void put_function(struct bytes *b, uint32_t start, uint32_t size,
				const uint8_t *instructions, size_t bytes)
{
	struct bytes body = {.count = 0};
	uint32_t id_at = (uint32_t)b->count + 4;

	put_u32(&body, id_at); /* distance to the CIE, which is at 0 */
	put_u32(&body, start - (ADDRESS + id_at + 4));
	put_u32(&body, size);
	put_u8(&body, 0);
	put(&body, instructions, bytes);
	put_entry(b, &body);
}

static inline int keep_row(void *context, uint64_t address,
			   const struct clinic_unwind_row *row)
{
	struct rows *rows = context;

	if (rows->count == ROWS_MAX)
		return -E2BIG;
	rows->address[rows->count] = address;
	rows->row[rows->count++] = *row;
	return 0;
}

static inline int run_section(const struct bytes *b, bool is_debug_frame,
			      struct rows *rows)
{
	/*
	 * On the heap, and of exactly this size, so that sanitizers find reads
	 * past the end.
	 */
	uint8_t *copy = malloc(b->count);
	struct clinic_cfi_section section = {.bytes = copy,
					     .size = b->count,
					     .address = ADDRESS,
					     .is_debug_frame = is_debug_frame};
	struct clinic_cfi_function function;
	size_t at = 0;
	int result;

	assert_non_null(copy);
	memcpy(copy, b->at, b->count);
	rows->count = 0;
	result = clinic_cfi_next(&section, &at, &function);
	if (result == 1)
		result = clinic_cfi_run(&section, &function, keep_row, rows);
	free(copy);
	return result;
}

/* The rule after a call: CFA = sp + 8, and the return address is below it. */
static const uint8_t usual[] = {DEF_CFA, SP, 8, OFFSET | RA, 1};

static inline int run(const uint8_t *instructions, size_t size,
		      struct rows *rows)
{
	struct bytes section = {.count = 0};

	put_common(&section, "zR", usual, sizeof(usual));
	put_function(&section, START, SIZE, instructions, size);
	return run_section(&section, false, rows);
}

#define RUN(rows, ...)                                                         \
	run((const uint8_t[]){__VA_ARGS__},                                    \
	    sizeof((const uint8_t[]){__VA_ARGS__}), rows)

static inline void expect_cfa(const struct clinic_unwind_row *row, int number,
			      int offset)
{
	assert_int_equal(row->cfa_kind, CLINIC_CFA_REGISTER);
	assert_int_equal(row->cfa_register, number);
	assert_int_equal(row->cfa_offset, offset);
}

#endif
