/* Tests reading lines of any length, from a file that may be cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/line_reader.h"
#include "formats/tested_file.h"

static FILE *fresh_file(void)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	return file;
}

static struct clinic_lines *lines_of(const char *text)
{
	struct clinic_lines *lines;
	FILE *file = fresh_file();

	fputs(text, file);
	fclose(file);
	assert_int_equal(clinic_lines_open(&lines, path), 0);
	return lines;
}

static void assert_line(struct clinic_lines *lines, const char *wanted)
{
	size_t length;
	char *line;

	assert_int_equal(clinic_lines_next(lines, &line, &length), 1);
	assert_string_equal(line, wanted);
	assert_int_equal(length, strlen(wanted));
}

static void assert_end(struct clinic_lines *lines)
{
	size_t length;
	char *line;

	assert_int_equal(clinic_lines_next(lines, &line, &length), 0);
	assert_int_equal(clinic_lines_next(lines, &line, &length), 0);
	clinic_lines_close(lines);
}

static void lines_end_at_line_feeds(void **state)
{
	struct clinic_lines *lines = lines_of("one\n\n three \r\n");

	(void)state;
	assert_line(lines, "one");
	assert_line(lines, "");
	assert_false(clinic_lines_is_cut(lines));
	assert_line(lines, " three \r");
	assert_false(clinic_lines_is_cut(lines));
	assert_end(lines);
	assert_end(lines_of(""));
}

static void the_last_line_may_be_cut(void **state)
{
	struct clinic_lines *lines = lines_of("whole\ncut");

	(void)state;
	assert_line(lines, "whole");
	assert_false(clinic_lines_is_cut(lines));
	assert_line(lines, "cut");
	assert_true(clinic_lines_is_cut(lines));
	assert_end(lines);
}

/* The buffer is refilled in the middle of a line, at every place of it. */
static void many_lines_are_those_of_the_file(void **state)
{
	struct clinic_lines *lines;
	FILE *file = fresh_file();
	char wanted[64];

	(void)state;
	for (int i = 0; i < 200000; i++)
		fprintf(file, "%*d\n", 1 + i % 29, i);
	fclose(file);
	assert_int_equal(clinic_lines_open(&lines, path), 0);
	for (int i = 0; i < 200000; i++) {
		snprintf(wanted, sizeof(wanted), "%*d", 1 + i % 29, i);
		assert_line(lines, wanted);
	}
	assert_end(lines);
}

static void write_long_line(size_t bytes)
{
	char *text = malloc(bytes);
	FILE *file = fresh_file();

	memset(text, 'x', bytes);
	fputs("short\n", file);
	fwrite(text, 1, bytes, file);
	fputs("\nend\n", file);
	fclose(file);
	free(text);
}

static void a_line_may_have_sixteen_mebibytes_and_no_more(void **state)
{
	struct clinic_lines *lines;
	size_t length;
	char *line;

	(void)state;
	write_long_line(9 << 20);
	assert_int_equal(clinic_lines_open(&lines, path), 0);
	assert_line(lines, "short");
	assert_int_equal(clinic_lines_next(lines, &line, &length), 1);
	assert_int_equal(length, 9 << 20);
	assert_int_equal(line[length - 1], 'x');
	assert_line(lines, "end");
	assert_end(lines);
	write_long_line(17 << 20);
	assert_int_equal(clinic_lines_open(&lines, path), 0);
	assert_line(lines, "short");
	assert_int_equal(clinic_lines_next(lines, &line, &length), -EFBIG);
	clinic_lines_close(lines);
}

static void what_cannot_be_opened_is_an_error(void **state)
{
	struct clinic_lines *lines;

	(void)state;
	assert_int_equal(clinic_lines_open(&lines, "/nowhere/at/all"), -ENOENT);
	clinic_lines_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_at_line_feeds),
		cmocka_unit_test(the_last_line_may_be_cut),
		cmocka_unit_test(many_lines_are_those_of_the_file),
		cmocka_unit_test(a_line_may_have_sixteen_mebibytes_and_no_more),
		cmocka_unit_test(what_cannot_be_opened_is_an_error),
	};

	return cmocka_run_group_tests(tests, tested_file_make,
				      tested_file_remove);
}
