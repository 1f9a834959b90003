/* Tests options as people type them, and the messages about wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "foundation/options.h"

static const char *output;
static uint64_t hz, pid, time_ns;
static struct clinic_given answer;
static struct clinic_texts names;
static bool is_loud;
static char problem[CLINIC_PROBLEM_BYTES];

static const struct clinic_option options[] = {
	{'o', "output", "FILE", CLINIC_OPTION_TEXT, &output, "where"},
	{'F', "frequency", "HZ", CLINIC_OPTION_COUNT, &hz, "how often"},
	{0, "pid", "PID", CLINIC_OPTION_NUMBER, &pid, "whom"},
	{0, "expect", "HEX", CLINIC_OPTION_HEX, &answer, "what"},
	{0, "minimum-ms", "N", CLINIC_OPTION_MS, &time_ns, "how long"},
	{'n', "name", "NAME", CLINIC_OPTION_TEXTS, &names, "which"},
	{'l', "loud", NULL, CLINIC_OPTION_FLAG, &is_loud, "how"},
	{0},
};

/*
 * Reads `words`, which are separated by blanks. Returns the result, and the
 * words in the order that they have then.
 */
static int read_words(const char *words, enum clinic_operands operands,
		      char *argv[16])
{
	static char text[256];
	int argc = 0;

	output = NULL;
	hz = pid = time_ns = 0;
	answer = (struct clinic_given){0};
	names.count = 0;
	is_loud = false;
	strcpy(text, words);
	for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
		argv[argc++] = at;
	argv[argc] = NULL;
	return clinic_options_read(options, operands, argc, argv, problem);
}

static void every_way_to_spell_is_read(void **state)
{
	char *argv[16];
	int at = read_words("x -F99 one --output=a --pid 0 --expect fF two "
			    "--minimum-ms 3 -l -- -three",
			    CLINIC_OPERANDS_ANYWHERE, argv);

	(void)state;
	assert_string_equal(argv[at], "one");
	assert_string_equal(argv[at + 1], "two");
	assert_string_equal(argv[at + 2], "-three");
	assert_null(argv[at + 3]);
	assert_string_equal(output, "a");
	assert_int_equal(hz, 99);
	assert_int_equal(pid, 0);
	assert_true(answer.is_given);
	assert_int_equal(answer.number, 255);
	assert_int_equal(time_ns, 3000000);
	assert_true(is_loud);
}

static void each_time_is_kept(void **state)
{
	char *argv[16];

	(void)state;
	read_words("x -n one --name=2 -nthree", CLINIC_OPERANDS_LAST, argv);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.at[0], "one");
	assert_string_equal(names.at[1], "2");
	assert_string_equal(names.at[2], "three");
}

static void another_program_keeps_its_options(void **state)
{
	char *argv[16];
	int at = read_words("x -o a ls -l --help", CLINIC_OPERANDS_LAST, argv);

	(void)state;
	assert_string_equal(argv[at], "ls");
	assert_string_equal(argv[at + 1], "-l");
	assert_false(is_loud);
}

static void wrong_ones_are_explained(void **state)
{
	static const char *const wrong[][2] = {
		{"x --bogus", "there is no option --bogus"},
		{"x --bogus=1", "there is no option --bogus=1"},
		{"x -z", "there is no option -z"},
		{"x --output", "--output needs its FILE"},
		{"x -F", "--frequency needs its HZ"},
		{"x -F0", "--frequency 0 is not a whole number of at least 1"},
		{"x -F -1",
		 "--frequency -1 is not a whole number of at least 1"},
		{"x --pid -99999999999999999999",
		 "--pid -99999999999999999999 is not a whole number of at least 0"},
		{"x --pid 1x", "--pid 1x is not a whole number of at least 0"},
		{"x --expect g", "--expect g is not a hexadecimal number"},
		{"x --minimum-ms 99999999999999",
		 "--minimum-ms 99999999999999 is too large"},
		{"x --loud=1", "--loud takes no value"},
		{"x --help=1", "--help takes no value"},
	};
	char *argv[16];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(
			read_words(wrong[i][0], CLINIC_OPERANDS_ANYWHERE, argv),
			CLINIC_OPTIONS_WRONG);
		assert_string_equal(problem, wrong[i][1]);
	}
}

static void help_is_asked_for_by_letter_and_name(void **state)
{
	char *argv[16];

	(void)state;
	assert_int_equal(read_words("x -h", CLINIC_OPERANDS_LAST, argv),
			 CLINIC_OPTIONS_HELP);
	assert_int_equal(
		read_words("x a --help", CLINIC_OPERANDS_ANYWHERE, argv),
		CLINIC_OPTIONS_HELP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_spell_is_read),
		cmocka_unit_test(each_time_is_kept),
		cmocka_unit_test(another_program_keeps_its_options),
		cmocka_unit_test(wrong_ones_are_explained),
		cmocka_unit_test(help_is_asked_for_by_letter_and_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
