/* Tests that texts of targets cannot control a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "foundation/terminal_text.h"

static void plain_text_is_itself(void **state)
{
	static const char *const plain[] = {"",
					    "main",
					    "a\\b",
					    "f(int)",
					    "\xc3\xa9t\xc3\xa9 \xe2\x82\xac",
					    "\xf0\x9f\x98\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		assert_ptr_equal(clinic_terminal_text(plain[i]), plain[i]);
}

static void what_a_terminal_obeys_is_escaped(void **state)
{
	(void)state;
	assert_string_equal(clinic_terminal_text("x\033]0;owned\a\033[2J"),
			    "x\\x1b]0;owned\\a\\x1b[2J");
	assert_string_equal(clinic_terminal_text("a\nb\rc\td\177"),
			    "a\\nb\\rc\\td\\x7f");
	/*
	 * These have the same meaning as ESC [, in one character and in one
	 * byte.
	 */
	assert_string_equal(clinic_terminal_text("\xc2\x9b"
						 "31m"),
			    "\\u009b31m");
	assert_string_equal(clinic_terminal_text("\x9b"
						 "31m"),
			    "\\x9b31m");
	assert_string_equal(clinic_terminal_text("a\xe2\x80\xae"
						 "b"),
			    "a\\u202eb");
}

static void what_is_no_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	assert_string_equal(clinic_terminal_text("\xc0\x8a"), "\\xc0\\x8a");
	assert_string_equal(clinic_terminal_text("\xe2\x80"), "\\xe2\\x80");
	assert_string_equal(clinic_terminal_text("\xff"), "\\xff");
}

static void tabs_of_a_listing_stay(void **state)
{
	static const char line[] = "\tint x;";

	(void)state;
	assert_ptr_equal(clinic_terminal_line(line), line);
	assert_string_equal(clinic_terminal_line("\t\033"), "\t\\x1b");
}

static void the_arguments_of_one_call_do_not_disturb_each_other(void **state)
{
	const char *first = clinic_terminal_text("\001");
	const char *second = clinic_terminal_text("\002");

	(void)state;
	assert_string_equal(first, "\\x01");
	assert_string_equal(second, "\\x02");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_itself),
		cmocka_unit_test(what_a_terminal_obeys_is_escaped),
		cmocka_unit_test(what_is_no_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(tabs_of_a_listing_stay),
		cmocka_unit_test(
			the_arguments_of_one_call_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
