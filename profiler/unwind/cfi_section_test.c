/*
 * Tests how the entries of both kinds of section are read, also damaged ones.
 */
#include "unwind/cfi_assembler.h"

static void set_loc_moves(void **state)
{
	struct bytes section = {.count = 0};
	struct rows rows;
	uint8_t instructions[] = {SET_LOC, 0, 0, 0, 0, DEF_CFA_OFFSET, 16};
	uint32_t from_here, common_bytes;

	(void)state;
	put_common(&section, "zR", usual, sizeof(usual));
	common_bytes = (uint32_t)section.count;
	/*
	 * The offset after length, id, start, size, augmentation size and
	 * opcode.
	 */
	from_here = START + 0x40 - (ADDRESS + common_bytes + 18);
	memcpy(&instructions[1], &from_here, sizeof(from_here));
	put_function(&section, START, SIZE, instructions, sizeof(instructions));
	assert_int_equal(run_section(&section, false, &rows), 0);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.address[1], START + 0x40);
	expect_cfa(&rows.row[1], SP, 16);
}

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
		/* Between the two, it is a section without functions. */
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
		cmocka_unit_test(set_loc_moves),
		cmocka_unit_test(debug_frame_has_its_own_layout),
		cmocka_unit_test(rows_end_with_the_function),
		cmocka_unit_test(damaged_instructions),
		cmocka_unit_test(every_truncation_is_an_error),
		cmocka_unit_test(damaged_common_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
