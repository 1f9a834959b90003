/*
 * Tests each instruction of call frame information by the rows that it gives.
 */
#include "unwind/cfi_assembler.h"

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
	/* push %rbx; ...; pop %rbx; ret: no instruction says "restore". */
	assert_int_equal(RUN(&rows, ADVANCE | 1, DEF_CFA_OFFSET, 16,
			     OFFSET | SPARE, 2, ADVANCE | 9, DEF_CFA_OFFSET, 8),
			 0);
	assert_int_equal(rows.row[1].spare, -2);
	assert_int_equal(rows.row[2].spare, CLINIC_SAVED_SAME);
	/*
	 * It is saved in the red zone, below the stack pointer, and so it is
	 * lost.
	 */
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
	/*
	 * These are not the frame pointer or anything else that a walk needs.
	 */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initial_instructions_hold),
		cmocka_unit_test(usual_prologue),
		cmocka_unit_test(a_popped_register_has_its_value),
		cmocka_unit_test(every_advance),
		cmocka_unit_test(every_cfa_definition),
		cmocka_unit_test(every_place_to_save),
		cmocka_unit_test(restore_goes_back_to_the_common_rule),
		cmocka_unit_test(states_nest),
		cmocka_unit_test(harmless_ones_are_skipped),
		cmocka_unit_test(too_far_is_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
