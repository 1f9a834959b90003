/*
 * Hand-assembled descriptions, instruction by instruction, and the rows that
 * must come of them. Machine-independent: registers by their roles.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
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

/* DW_CFA_*, by their numbers in the standard. */
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

static void put(struct bytes *b, const void *data, size_t size)
{
	assert_true(b->count + size <= sizeof(b->at));
	memcpy(b->at + b->count, data, size);
	b->count += size;
}

static void put_u8(struct bytes *b, unsigned int value)
{
	uint8_t byte = (uint8_t)value;

	put(b, &byte, 1);
}

static void put_u32(struct bytes *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

/* An entry: its length, then the body. */
static void put_entry(struct bytes *b, const struct bytes *body)
{
	put_u32(b, (uint32_t)body->count);
	put(b, body->at, body->count);
}

/* "zR": code factor 1, data factor -8, addresses from here in 4 bytes. */
static void put_common(struct bytes *b, const char *letters,
		       const uint8_t *instructions, size_t size)
{
	struct bytes body = {.count = 0};

	put_u32(&body, 0);
	put_u8(&body, 1); /* version */
	put(&body, letters, strlen(letters) + 1);
	put_u8(&body, 1);
	put_u8(&body, 0x78); /* sleb -8 */
	put_u8(&body, RA);
	put_u8(&body, 1);    /* of augmentation data */
	put_u8(&body, 0x1b); /* pcrel, sdata4 */
	put(&body, instructions, size);
	put_entry(b, &body);
}

static void put_function(struct bytes *b, uint32_t start, uint32_t size,
			 const uint8_t *instructions, size_t bytes)
{
	struct bytes body = {.count = 0};
	uint32_t id_at = (uint32_t)b->count + 4;

	put_u32(&body, id_at); /* back to the common entry, at 0 */
	put_u32(&body, start - (ADDRESS + id_at + 4));
	put_u32(&body, size);
	put_u8(&body, 0);
	put(&body, instructions, bytes);
	put_entry(b, &body);
}

static int keep_row(void *context, uint64_t address,
		    const struct clinic_unwind_row *row)
{
	struct rows *rows = context;

	if (rows->count == ROWS_MAX)
		return -E2BIG;
	rows->address[rows->count] = address;
	rows->row[rows->count++] = *row;
	return 0;
}

static int run_section(const struct bytes *b, bool is_debug_frame,
		       struct rows *rows)
{
	/* On the heap, to the byte: sanitizers see reads past the end. */
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

/* After each call: CFA = sp + 8, the return address below it. */
static const uint8_t usual[] = {DEF_CFA, SP, 8, OFFSET | RA, 1};

static int run(const uint8_t *instructions, size_t size, struct rows *rows)
{
	struct bytes section = {.count = 0};

	put_common(&section, "zR", usual, sizeof(usual));
	put_function(&section, START, SIZE, instructions, size);
	return run_section(&section, false, rows);
}

#define RUN(rows, ...)                                                         \
	run((const uint8_t[]){__VA_ARGS__},                                    \
	    sizeof((const uint8_t[]){__VA_ARGS__}), rows)

static void expect_cfa(const struct clinic_unwind_row *row, int number,
		       int offset)
{
	assert_int_equal(row->cfa_kind, CLINIC_CFA_REGISTER);
	assert_int_equal(row->cfa_register, number);
	assert_int_equal(row->cfa_offset, offset);
}

static void initial_instructions_hold(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, NOP), 0);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.address[0], START);
	expect_cfa(&rows.row[0], SP, 8);
	assert_int_equal(rows.row[0].ra, -1);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_SAME);
	assert_int_equal(rows.row[0].spare, CLINIC_SAVED_SAME);
}

static void usual_prologue(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, ADVANCE | 1, DEF_CFA_OFFSET, 16,
			     OFFSET | FP, 2, ADVANCE | 3, DEF_CFA_REGISTER, FP,
			     ADVANCE | 20, DEF_CFA, SP, 8),
			 0);
	assert_int_equal(rows.count, 4);
	assert_int_equal(rows.address[1], START + 1);
	assert_int_equal(rows.address[2], START + 4);
	assert_int_equal(rows.address[3], START + 24);
	expect_cfa(&rows.row[1], SP, 16);
	expect_cfa(&rows.row[2], FP, 16);
	assert_int_equal(rows.row[2].fp, -2);
	expect_cfa(&rows.row[3], SP, 8);
}

static void a_popped_register_has_its_value(void **state)
{
	struct rows rows;

	(void)state;
	/* push %rbx; ...; pop %rbx; ret: nothing says "restore". */
	assert_int_equal(RUN(&rows, ADVANCE | 1, DEF_CFA_OFFSET, 16,
			     OFFSET | SPARE, 2, ADVANCE | 9, DEF_CFA_OFFSET, 8),
			 0);
	assert_int_equal(rows.row[1].spare, -2);
	assert_int_equal(rows.row[2].spare, CLINIC_SAVED_SAME);
	/* Saved in the red zone: below the stack pointer, and lost. */
	assert_int_equal(RUN(&rows, ADVANCE | 1, OFFSET | SPARE, 2), 0);
	assert_int_equal(rows.row[1].spare, -2);
}

static void every_advance(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, ADVANCE | 0x3f, DEF_CFA_OFFSET, 16,
			     ADVANCE1, 0xff, DEF_CFA_OFFSET, 24, ADVANCE2, 0, 1,
			     DEF_CFA_OFFSET, 32, ADVANCE4, 0, 2, 0, 0,
			     DEF_CFA_OFFSET, 40),
			 0);
	assert_int_equal(rows.count, 5);
	assert_int_equal(rows.address[1], START + 0x3f);
	assert_int_equal(rows.address[2], START + 0x3f + 0xff);
	assert_int_equal(rows.address[3], START + 0x3f + 0xff + 0x100);
	assert_int_equal(rows.address[4], START + 0x3f + 0xff + 0x300);
	expect_cfa(&rows.row[4], SP, 40);
}

static void set_loc_moves(void **state)
{
	struct bytes section = {.count = 0};
	struct rows rows;
	uint8_t instructions[] = {SET_LOC, 0, 0, 0, 0, DEF_CFA_OFFSET, 16};
	uint32_t from_here, common_bytes;

	(void)state;
	put_common(&section, "zR", usual, sizeof(usual));
	common_bytes = (uint32_t)section.count;
	/* Behind length, id, start, size, augmentation size and opcode. */
	from_here = START + 0x40 - (ADDRESS + common_bytes + 18);
	memcpy(&instructions[1], &from_here, sizeof(from_here));
	put_function(&section, START, SIZE, instructions, sizeof(instructions));
	assert_int_equal(run_section(&section, false, &rows), 0);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.address[1], START + 0x40);
	expect_cfa(&rows.row[1], SP, 16);
}

static void every_cfa_definition(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, DEF_CFA, FP, 0x90, 1), 0);
	expect_cfa(&rows.row[0], FP, 0x90);
	assert_int_equal(RUN(&rows, DEF_CFA_SF, FP, 0x7e), 0); /* -2 * -8 */
	expect_cfa(&rows.row[0], FP, 16);
	assert_int_equal(RUN(&rows, DEF_CFA_OFFSET, 0x80, 0x20), 0);
	expect_cfa(&rows.row[0], SP, 0x1000);
	assert_int_equal(RUN(&rows, DEF_CFA_OFFSET_SF, 0x7d), 0);
	expect_cfa(&rows.row[0], SP, 24);
	assert_int_equal(RUN(&rows, DEF_CFA_REGISTER, 12), 0);
	expect_cfa(&rows.row[0], 12, 8);
}

static void every_place_to_save(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, DEF_CFA_OFFSET, 64, OFFSET_EXTENDED, FP, 2),
			 0);
	assert_int_equal(rows.row[0].fp, -2);
	assert_int_equal(RUN(&rows, OFFSET_EXTENDED_SF, FP, 0x7d), 0);
	assert_int_equal(rows.row[0].fp, 3);
	assert_int_equal(RUN(&rows, NEGATIVE_OFFSET, SPARE, 4), 0);
	assert_int_equal(rows.row[0].spare, 4);
	assert_int_equal(RUN(&rows, UNDEFINED, RA), 0);
	assert_int_equal(rows.row[0].ra, CLINIC_SAVED_UNDEFINED);
	assert_int_equal(RUN(&rows, SAME_VALUE, RA), 0);
	assert_int_equal(rows.row[0].ra, CLINIC_SAVED_SAME);
	assert_int_equal(RUN(&rows, REGISTER, RA, 5), 0);
	assert_int_equal(rows.row[0].ra, CLINIC_SAVED_IN_REGISTER + 5);
	assert_int_equal(RUN(&rows, REGISTER, RA, 99), 0);
	assert_int_equal(rows.row[0].ra, CLINIC_SAVED_UNSUPPORTED);
	assert_int_equal(RUN(&rows, VAL_OFFSET, FP, 2), 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_UNSUPPORTED);
	assert_int_equal(RUN(&rows, VAL_OFFSET_SF, FP, 2), 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_UNSUPPORTED);
	assert_int_equal(RUN(&rows, VAL_EXPRESSION, FP, 1, 0x30), 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_UNSUPPORTED);
	/* Not the frame pointer, nothing that a walk needs. */
	assert_int_equal(RUN(&rows, DEF_CFA_OFFSET, 16, OFFSET | 13, 2), 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_SAME);
}

static void restore_goes_back_to_the_common_rule(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, DEF_CFA_OFFSET, 32, OFFSET | FP, 2,
			     SAME_VALUE, RA, ADVANCE | 1, RESTORE | FP,
			     RESTORE_EXTENDED, RA),
			 0);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.row[0].fp, -2);
	assert_int_equal(rows.row[1].fp, CLINIC_SAVED_SAME);
	assert_int_equal(rows.row[1].ra, -1);
}

static void states_nest(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, DEF_CFA_OFFSET, 16, REMEMBER,
			     DEF_CFA_OFFSET, 24, REMEMBER, ADVANCE | 1,
			     DEF_CFA_OFFSET, 8, ADVANCE | 1, RESTORE_STATE,
			     ADVANCE | 1, RESTORE_STATE),
			 0);
	assert_int_equal(rows.count, 4);
	expect_cfa(&rows.row[1], SP, 8);
	expect_cfa(&rows.row[2], SP, 24);
	expect_cfa(&rows.row[3], SP, 16);
}

static void harmless_ones_are_skipped(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, ARGS_SIZE, 0x80, 1, NEGATE_RA_STATE,
			     DEF_CFA_OFFSET, 16),
			 0);
	expect_cfa(&rows.row[0], SP, 16);
}

static void cfa_in_memory(void **state)
{
	struct rows rows;

	(void)state;
	/* gcc's realigned stack: *(fp - 8) */
	assert_int_equal(
		RUN(&rows, DEF_CFA_EXPRESSION, 3, 0x70 + FP, 0x78, 0x06), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_MEMORY);
	assert_int_equal(rows.row[0].cfa_register, FP);
	assert_int_equal(rows.row[0].cfa_offset, -8);
	assert_int_equal(rows.row[0].cfa_addend, 0);
	/* OpenSSL's assembly: *(sp + 40) + 8 */
	assert_int_equal(
		RUN(&rows, DEF_CFA_EXPRESSION, 5, 0x70 + 5, 40, 0x06, 0x23, 8),
		0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_MEMORY);
	assert_int_equal(rows.row[0].cfa_addend, 1);
	assert_int_equal(RUN(&rows, DEF_CFA_EXPRESSION, 5, 0x70 + 5, 40, 0x06,
			     0x30 + 16, 0x22),
			 0);
	assert_int_equal(rows.row[0].cfa_addend, 2);
	/* A register and an offset, in other words. */
	assert_int_equal(RUN(&rows, DEF_CFA_EXPRESSION, 2, 0x70 + FP, 16), 0);
	expect_cfa(&rows.row[0], FP, 16);
}

static void frame_pointer_at_itself(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, EXPRESSION, FP, 2, 0x70 + FP, 0), 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_AT_FP);
	assert_int_equal(RUN(&rows, EXPRESSION, FP, 2, 0x70 + FP, 8), 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_UNSUPPORTED);
	assert_int_equal(RUN(&rows, EXPRESSION, SPARE, 2, 0x70 + FP, 0), 0);
	assert_int_equal(rows.row[0].spare, CLINIC_SAVED_UNSUPPORTED);
}

static void unknown_expressions_are_unsupported(void **state)
{
	static const uint8_t endings[] = {0x06, 0x1c, 0x22};
	struct rows rows;

	(void)state;
	for (size_t i = 0; i < sizeof(endings); i++) {
		assert_int_equal(RUN(&rows, DEF_CFA_EXPRESSION, 4, 0x70 + FP, 8,
				     0x06, endings[i]),
				 0);
		assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_UNSUPPORTED);
	}
	/* An offset alone does not replace an expression... */
	assert_int_equal(
		RUN(&rows, DEF_CFA_EXPRESSION, 1, 0x96, DEF_CFA_OFFSET, 8), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_UNSUPPORTED);
	/* ... a whole rule does. */
	assert_int_equal(
		RUN(&rows, DEF_CFA_EXPRESSION, 1, 0x96, DEF_CFA, SP, 8), 0);
	expect_cfa(&rows.row[0], SP, 8);
}

static void too_far_is_unsupported(void **state)
{
	struct rows rows;

	(void)state;
	/* Rows have 16 bits for a count of words. */
	assert_int_equal(RUN(&rows, OFFSET_EXTENDED, FP, 0xff, 0xff, 0x7f), 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_UNSUPPORTED);
	assert_int_equal(RUN(&rows, OFFSET_EXTENDED, FP, 0xff, 0xff, 0xff, 0xff,
			     0xff, 0xff, 0xff, 0xff, 0x0f),
			 0);
	assert_int_equal(rows.row[0].fp, CLINIC_SAVED_UNSUPPORTED);
	assert_int_equal(
		RUN(&rows, DEF_CFA_OFFSET, 0xff, 0xff, 0xff, 0xff, 0x7f), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_UNSUPPORTED);
	assert_int_equal(RUN(&rows, DEF_CFA_REGISTER, 0x40), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_UNSUPPORTED);
}

#if defined(__x86_64__)
static void plt_and_signal_return(void **state)
{
	static const uint8_t plt[] = {DEF_CFA_EXPRESSION,
				      11,
				      0x77,
				      8,
				      0x80,
				      0,
				      0x3f,
				      0x1a,
				      0x3b,
				      0x2a,
				      0x33,
				      0x24,
				      0x22};
	static const uint8_t signal_return[] = {
		DEF_CFA_EXPRESSION, 4, 0x77, 0xa0, 1, 0x06};
	struct bytes section = {.count = 0};
	struct rows rows;

	(void)state;
	assert_int_equal(run(plt, sizeof(plt), &rows), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_PLT);
	assert_int_equal(CLINIC_PLT_OFFSET(&rows.row[0]), 8);
	assert_int_equal(CLINIC_PLT_THRESHOLD(&rows.row[0]), 11);

	put_common(&section, "zRS", usual, sizeof(usual));
	put_function(&section, START, SIZE, signal_return,
		     sizeof(signal_return));
	assert_int_equal(run_section(&section, false, &rows), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_SIGNAL);
	assert_int_equal(rows.row[0].is_signal, 1);
	/* Without the S it is an expression like any other. */
	assert_int_equal(run(signal_return, sizeof(signal_return), &rows), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_MEMORY);
}
#endif

static void debug_frame_has_its_own_layout(void **state)
{
	struct bytes section = {.count = 0}, common = {.count = 0};
	struct bytes function = {.count = 0};
	struct rows rows;
	uint64_t start = START, size = SIZE;

	(void)state;
	put_u32(&common, UINT32_MAX);
	put(&common, "\x04\0\x08\0", 4); /* version, letters, sizes */
	put_u8(&common, 4);              /* code factor */
	put_u8(&common, 0x78);
	put_u8(&common, RA);
	put(&common, usual, sizeof(usual));
	put_entry(&section, &common);
	put_u32(&function, 0); /* an offset in the section */
	put(&function, &start, sizeof(start));
	put(&function, &size, sizeof(size));
	put_u8(&function, ADVANCE | 2);
	put_u8(&function, DEF_CFA_OFFSET);
	put_u8(&function, 48);
	put_entry(&section, &function);
	assert_int_equal(run_section(&section, true, &rows), 0);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.address[1], START + 8);
	expect_cfa(&rows.row[1], SP, 48);
}

static void rows_end_with_the_function(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, ADVANCE2, 0xff, 0x0f, DEF_CFA_OFFSET, 16,
			     ADVANCE | 1, DEF_CFA_OFFSET, 24),
			 0);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.address[1], START + SIZE - 1);
}

static void damaged_instructions(void **state)
{
	struct rows rows;

	(void)state;
	assert_int_equal(RUN(&rows, RESTORE_STATE), -EBADMSG);
	assert_int_equal(RUN(&rows, 0x3f), -EBADMSG);
	assert_int_equal(RUN(&rows, DEF_CFA_EXPRESSION, 0x7f), -EBADMSG);
	assert_int_equal(RUN(&rows, DEF_CFA, SP), -EBADMSG);
	assert_int_equal(RUN(&rows, ADVANCE4, 1), -EBADMSG);
	assert_int_equal(RUN(&rows, SET_LOC, 0, 0, 0, 0), -EBADMSG);
	assert_int_equal(RUN(&rows, REMEMBER, REMEMBER, REMEMBER, REMEMBER,
			     REMEMBER, REMEMBER, REMEMBER, REMEMBER, REMEMBER,
			     REMEMBER, REMEMBER, REMEMBER, REMEMBER, REMEMBER,
			     REMEMBER, REMEMBER, REMEMBER),
			 -EBADMSG);
}

static void every_truncation_is_an_error(void **state)
{
	struct bytes whole = {.count = 0};
	size_t common_size;
	struct rows rows;

	(void)state;
	put_common(&whole, "zR", usual, sizeof(usual));
	common_size = whole.count;
	put_function(&whole, START, SIZE, usual, sizeof(usual));
	assert_int_equal(run_section(&whole, false, &rows), 0);
	for (size_t size = 1; size < whole.count; size++) {
		struct bytes part = whole;

		part.count = size;
		/* Between the two it is a section without functions. */
		assert_int_equal(run_section(&part, false, &rows),
				 size == common_size ? 0 : -EILSEQ);
		assert_int_equal(rows.count, 0);
	}
}

static void damaged_common_entries(void **state)
{
	static const char *const letters[] = {"eh", "zX", "zRP"};
	struct bytes section = {.count = 0};
	struct rows rows;

	(void)state;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		section.count = 0;
		put_common(&section, letters[i], usual, sizeof(usual));
		put_function(&section, START, SIZE, usual, sizeof(usual));
		assert_int_equal(run_section(&section, false, &rows), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initial_instructions_hold),
		cmocka_unit_test(usual_prologue),
		cmocka_unit_test(a_popped_register_has_its_value),
		cmocka_unit_test(every_advance),
		cmocka_unit_test(set_loc_moves),
		cmocka_unit_test(every_cfa_definition),
		cmocka_unit_test(every_place_to_save),
		cmocka_unit_test(restore_goes_back_to_the_common_rule),
		cmocka_unit_test(states_nest),
		cmocka_unit_test(harmless_ones_are_skipped),
		cmocka_unit_test(cfa_in_memory),
		cmocka_unit_test(frame_pointer_at_itself),
		cmocka_unit_test(unknown_expressions_are_unsupported),
		cmocka_unit_test(too_far_is_unsupported),
#if defined(__x86_64__)
		cmocka_unit_test(plt_and_signal_return),
#endif
		cmocka_unit_test(debug_frame_has_its_own_layout),
		cmocka_unit_test(rows_end_with_the_function),
		cmocka_unit_test(damaged_instructions),
		cmocka_unit_test(every_truncation_is_an_error),
		cmocka_unit_test(damaged_common_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
