/*
 * strings_test.c - tests what the headers of join and lines promise.
 */
#include "join.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINES_MAX 300

static void assert_joined(const char *const *texts, size_t count)
{
	struct line list[LINES_MAX];
	struct lines lines = {.list = list, .count = count};
	char *wanted = calloc(1, 65536);
	size_t bytes_count = 0;
	char *text;

	assert_non_null(wanted);
	for (size_t i = 0; i < count; i++) {
		list[i] = (struct line){texts[i], strlen(texts[i])};
		strcat(strcat(wanted, texts[i]), "\n");
	}
	assert_int_equal(join_prepare(&lines), 0);
	text = join_lines(&lines, &bytes_count);
	assert_non_null(text);
	assert_string_equal(text, wanted);
	assert_int_equal(bytes_count, strlen(wanted));
	free(text);
	join_forget();
	free(wanted);
}

static void few_lines_are_joined(void **unused)
{
	static const char *const texts[] = {"one",  "", "%s and %n",
					    "four", "", "six six six"};

	(void)unused;
	for (size_t count = 1; count <= sizeof(texts) / sizeof(texts[0]);
	     count++)
		assert_joined(texts, count);
}

static void many_lines_are_joined(void **unused)
{
	static char texts[LINES_MAX][LINES_MAX];
	const char *list[LINES_MAX];

	(void)unused;
	for (size_t i = 0; i < LINES_MAX; i++) {
		memset(texts[i], 'a' + (int)(i % 26), i * 7 % LINES_MAX);
		list[i] = texts[i];
	}
	assert_joined(list, LINES_MAX);
}

static void no_line_is_no_text(void **unused)
{
	struct lines lines = {0};
	size_t bytes_count = 99;

	(void)unused;
	assert_int_equal(join_prepare(&lines), 0);
	assert_null(join_lines(&lines, &bytes_count));
	join_forget();
}

static const char two_lines[] = "LINS\2\0\0\0ab\0c";

static void lines_are_read_as_they_were_written(void **unused)
{
	struct lines lines;

	(void)unused;
	assert_int_equal(lines_read(&lines, two_lines, sizeof(two_lines)), 0);
	assert_int_equal(lines.count, 2);
	assert_string_equal(lines.list[0].text, "ab");
	assert_string_equal(lines.list[1].text, "c");
	assert_int_equal(lines.list[1].bytes_count, 1);
	lines_free(&lines);
}

static void other_bytes_are_no_lines(void **unused)
{
	struct lines lines;

	(void)unused;
	for (size_t cut = 0; cut < sizeof(two_lines); cut++)
		assert_int_equal(lines_read(&lines, two_lines, cut), -EPROTO);
	assert_int_equal(lines_read(&lines, "LINS\0\0\0\0", 8), -EPROTO);
	assert_int_equal(lines_read(&lines, "LINS\1\0\0\0a\0b\0", 12), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_lines_are_joined),
		cmocka_unit_test(many_lines_are_joined),
		cmocka_unit_test(no_line_is_no_text),
		cmocka_unit_test(lines_are_read_as_they_were_written),
		cmocka_unit_test(other_bytes_are_no_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
