/*
 * Tests rules that are expressions: the few that compilers write, and no
 * others.
 */
#include "unwind/cfi_assembler.h"

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
	/* This is a register and an offset, written as an expression. */
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
	/* An offset alone does not replace an expression ... */
	assert_int_equal(
		RUN(&rows, DEF_CFA_EXPRESSION, 1, 0x96, DEF_CFA_OFFSET, 8), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_UNSUPPORTED);
	/* ... but a complete rule does. */
	assert_int_equal(
		RUN(&rows, DEF_CFA_EXPRESSION, 1, 0x96, DEF_CFA, SP, 8), 0);
	expect_cfa(&rows.row[0], SP, 8);
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
	/* Without the letter S, it is an expression like any other. */
	assert_int_equal(run(signal_return, sizeof(signal_return), &rows), 0);
	assert_int_equal(rows.row[0].cfa_kind, CLINIC_CFA_MEMORY);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cfa_in_memory),
		cmocka_unit_test(frame_pointer_at_itself),
		cmocka_unit_test(unknown_expressions_are_unsupported),
#if defined(__x86_64__)
		cmocka_unit_test(plt_and_signal_return),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
