/* Reads line programs written by hand: rows, sequences, files, damage. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the five above first. */
#include <cmocka.h>

#include "symbols/line_table.h"

/* Code from 0x1000 to 0x2000. */
static Elf64_Phdr code = {.p_type = PT_LOAD,
			  .p_flags = PF_R | PF_X,
			  .p_vaddr = 0x1000,
			  .p_memsz = 0x1000};
static const struct clinic_elf binary = {.segments = &code,
					 .segments_count = 1};

/* Opcodes, as they stand in the table. */
#define ADDRESS(low, high) 0, 9, 2, low, high, 0, 0, 0, 0, 0, 0
#define END                0, 1, 1
#define COPY               1
#define ADVANCE_PC(bytes)  2, bytes
#define ADVANCE_LINE(n)    3, (n)&0x7f
#define SET_FILE(number)   4, number

/* All tables below begin with this: 13 opcodes, lines -5 to 8 per step. */
#define OPCODES 1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1

#define MAX_BYTES 256

/* A version 4 table: one folder, two files, and the given program. */
static size_t make_table(uint8_t *bytes, const uint8_t *program, size_t size)
{
	static const uint8_t body[] = {OPCODES, '/', 's', 0, 0, 'a', '.',
				       'c',     0,   1,   0, 0, 'b', '.',
				       'h',     0,   0,   0, 0, 0};
	uint32_t header_bytes = sizeof(body);
	uint32_t unit_bytes = (uint32_t)(2 + 4 + sizeof(body) + size);
	const uint16_t version = 4;

	memcpy(bytes, &unit_bytes, 4);
	memcpy(bytes + 4, &version, 2);
	memcpy(bytes + 6, &header_bytes, 4);
	memcpy(bytes + 10, body, sizeof(body));
	memcpy(bytes + 10 + sizeof(body), program, size);
	return 4 + (size_t)unit_bytes;
}

static int read_program(struct clinic_line_table *table, uint8_t *bytes,
			const uint8_t *program, size_t size, size_t rows_max)
{
	struct clinic_line_sections sections = {0};

	*table = (struct clinic_line_table){0};
	sections.line.bytes = bytes;
	sections.line.size = make_table(bytes, program, size);
	return clinic_line_table_read(table, &sections, 0, "/top", &binary,
				      rows_max);
}

static void assert_line(struct clinic_line_table *table, uint64_t address,
			const char *file, uint32_t line, uint64_t end)
{
	uint64_t after;
	const struct clinic_line_row *row =
		clinic_line_table_find(table, address, &after);

	assert_non_null(row);
	assert_int_equal(row->line, line);
	assert_int_equal(after, end);
	assert_string_equal(clinic_line_table_file(table, row->file), file);
}

static void rows_hold_until_the_next_one(void **state)
{
	static const uint8_t program[] = {ADDRESS(0x10, 0x10),
					  ADVANCE_LINE(9),
					  COPY,
					  ADVANCE_PC(8),
					  SET_FILE(2),
					  ADVANCE_LINE(-3),
					  COPY,
					  ADVANCE_PC(4),
					  END};
	struct clinic_line_table table;
	uint8_t bytes[MAX_BYTES];
	uint64_t end;

	(void)state;
	assert_int_equal(
		read_program(&table, bytes, program, sizeof(program), 99), 0);
	assert_null(clinic_line_table_find(&table, 0x100f, &end));
	assert_line(&table, 0x1010, "/s/a.c", 10, 0x1018);
	assert_line(&table, 0x1017, "/s/a.c", 10, 0x1018);
	assert_line(&table, 0x1018, "/top/b.h", 7, 0x101c);
	assert_line(&table, 0x101b, "/top/b.h", 7, 0x101c);
	assert_null(clinic_line_table_find(&table, 0x101c, &end));
	assert_null(clinic_line_table_file(&table, 0));
	assert_null(clinic_line_table_file(&table, 3));
	clinic_line_table_clear(&table);
}

/* The first row has no code, the third repeats the line of the second. */
static void rows_without_code_or_new_line_are_not_kept(void **state)
{
	static const uint8_t program[] = {
		ADDRESS(0, 0x10), COPY, ADVANCE_LINE(4), COPY,
		ADVANCE_PC(2),    COPY, ADVANCE_PC(2),   END};
	struct clinic_line_table table;
	uint8_t bytes[MAX_BYTES];

	(void)state;
	assert_int_equal(
		read_program(&table, bytes, program, sizeof(program), 99), 0);
	assert_int_equal(table.rows_count, 1);
	assert_line(&table, 0x1003, "/s/a.c", 5, 0x1004);
	clinic_line_table_clear(&table);
}

/* A special opcode: 13 + 14 * 3 + (2 - -5) is 3 bytes and 2 lines on. */
static void special_opcodes_move_both(void **state)
{
	static const uint8_t program[] = {ADDRESS(0, 0x10), COPY,
					  13 + 14 * 3 + 7, ADVANCE_PC(1), END};
	struct clinic_line_table table;
	uint8_t bytes[MAX_BYTES];

	(void)state;
	assert_int_equal(
		read_program(&table, bytes, program, sizeof(program), 99), 0);
	assert_line(&table, 0x1002, "/s/a.c", 1, 0x1003);
	assert_line(&table, 0x1003, "/s/a.c", 3, 0x1004);
	clinic_line_table_clear(&table);
}

/* A sequence at address 0, as of a discarded function; one that goes backwards;
 * one without an end. */
static void sequences_that_are_no_code_are_dropped(void **state)
{
	static const uint8_t program[] = {ADDRESS(0, 0),
					  COPY,
					  ADVANCE_PC(64),
					  END,
					  ADDRESS(0x80, 0x10),
					  COPY,
					  ADDRESS(0x40, 0x10),
					  ADVANCE_LINE(1),
					  COPY,
					  ADVANCE_PC(64),
					  END,
					  ADDRESS(0, 0x10),
					  COPY,
					  ADVANCE_PC(9)};
	struct clinic_line_table table;
	uint8_t bytes[MAX_BYTES];
	uint64_t end;

	(void)state;
	assert_int_equal(
		read_program(&table, bytes, program, sizeof(program), 99), 0);
	assert_int_equal(table.rows_count, 0);
	assert_null(clinic_line_table_find(&table, 0x1050, &end));
	assert_null(clinic_line_table_find(&table, 0x10, &end));
	clinic_line_table_clear(&table);
}

static void more_rows_than_allowed_are_refused(void **state)
{
	uint8_t program[100] = {ADDRESS(0, 0x10)};
	struct clinic_line_table table;
	uint8_t bytes[MAX_BYTES];

	(void)state;
	memset(program + 11, 13 + 14 + 6, sizeof(program) - 11);
	assert_int_equal(
		read_program(&table, bytes, program, sizeof(program), 10),
		-EFBIG);
	assert_true(table.rows_count <= 10);
	clinic_line_table_clear(&table);
}

static void cut_tables_are_refused(void **state)
{
	static const uint8_t program[] = {ADDRESS(0, 0x10), COPY, END};
	uint8_t bytes[MAX_BYTES];
	struct clinic_line_sections sections = {.line.bytes = bytes};
	size_t size = make_table(bytes, program, sizeof(program));

	(void)state;
	for (size_t left = 0; left < size; left++) {
		struct clinic_line_table table = {0};

		sections.line.size = left;
		assert_int_equal(clinic_line_table_read(&table, &sections, 0,
							NULL, &binary, 99),
				 -EBADMSG);
		clinic_line_table_clear(&table);
	}
}

/* Version 5 lists of 2^35 entries, each of which takes no bytes. */
static void endless_lists_are_refused(void **state)
{
	static const uint8_t table_5[] = {
		40,   0,    0,    0,    5,    0, 8, 0, 30, 0, 0, 0, OPCODES,
		0, /* forms of an entry */
		0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0,  0, 0, 0, 0};
	struct clinic_line_sections sections = {
		.line = {table_5, sizeof(table_5)}};
	struct clinic_line_table table = {0};

	(void)state;
	assert_int_equal(
		clinic_line_table_read(&table, &sections, 0, NULL, &binary, 99),
		-EBADMSG);
	clinic_line_table_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold_until_the_next_one),
		cmocka_unit_test(rows_without_code_or_new_line_are_not_kept),
		cmocka_unit_test(special_opcodes_move_both),
		cmocka_unit_test(sequences_that_are_no_code_are_dropped),
		cmocka_unit_test(more_rows_than_allowed_are_refused),
		cmocka_unit_test(cut_tables_are_refused),
		cmocka_unit_test(endless_lists_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
