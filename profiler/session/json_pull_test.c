/* Tests the reader of JSON token by token, against RFC 8259. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "session/json_pull.h"

static void assert_string(const char *json_text, const char *wanted)
{
	struct clinic_json json;

	clinic_json_memory(&json, json_text, strlen(json_text));
	assert_true(clinic_json_string(&json));
	assert_string_equal(json.text, wanted);
	assert_int_equal(json.text_length, strlen(wanted));
	assert_true(clinic_json_end(&json));
	clinic_json_close(&json);
}

static void refuse_string(const char *json_text)
{
	struct clinic_json json;

	clinic_json_memory(&json, json_text, strlen(json_text));
	if (clinic_json_string(&json) && clinic_json_end(&json))
		fail_msg("%s was read", json_text);
	assert_int_equal(json.error, -EBADMSG);
	clinic_json_close(&json);
}

/* The first and the last code point of each length of UTF-8. */
static void escaped_code_points_become_utf8(void **state)
{
	(void)state;
	assert_string("\"\\u0001\\u007f\"", "\x01\x7f");
	assert_string("\"\\u0080\"", "\xc2\x80");
	assert_string("\"\\u07FF\"", "\xdf\xbf");
	assert_string("\"\\u0800\"", "\xe0\xa0\x80");
	assert_string("\"\\uffff\"", "\xef\xbf\xbf");
	assert_string("\"\\uD800\\uDC00\"", "\xf0\x90\x80\x80");
	assert_string("\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf");
	assert_string("\"\\ud83d\\udd25\"", "\xf0\x9f\x94\xa5");
	/* A NUL would end the text, so it becomes the replacement. */
	assert_string("\"a\\u0000b\"", "a\xef\xbf\xbd"
				       "b");
}

static void every_escape_of_the_standard_is_read(void **state)
{
	(void)state;
	assert_string(" \t\r\n\"\" \n", "");
	assert_string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
	assert_string("\" caf\xc3\xa9\"", " caf\xc3\xa9");
}

static void strings_that_are_none_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"abc",
		"\"open",
		"\"line\nfeed\"",
		"\"\x1f\"",
		"\"\\x41\"",
		"\"\\",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\ud800\"",
		"\"\\ud800\\n\"",
		"\"\\ud800u\"",
		"\"\\ud800\\u12\"",
		"\"\\ud800\\u0041\"",
		"\"\\ud800\\ue000\"",
		"\"a\" b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		refuse_string(texts[i]);
}

static void assert_integer(const char *text, bool negative, uint64_t magnitude)
{
	struct clinic_json json;
	bool is_negative;
	uint64_t got;

	clinic_json_memory(&json, text, strlen(text));
	assert_true(clinic_json_integer(&json, &is_negative, &got));
	assert_int_equal(is_negative, negative);
	assert_int_equal(got, magnitude);
	assert_true(clinic_json_end(&json));
	clinic_json_close(&json);
}

static void integers_of_64_bits_are_read(void **state)
{
	static const char *const others[] = {"",
					     "-",
					     "x",
					     "18446744073709551616",
					     "99999999999999999999",
					     "1.5",
					     "1e3",
					     "1E3",
					     ".5"};

	(void)state;
	assert_integer("0", false, 0);
	assert_integer(" 9", false, 9);
	assert_integer("-1234567890", true, 1234567890);
	assert_integer("18446744073709551615", false, UINT64_MAX);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct clinic_json json;
		bool negative;
		uint64_t got;

		clinic_json_memory(&json, others[i], strlen(others[i]));
		if (clinic_json_integer(&json, &negative, &got))
			fail_msg("%s was read", others[i]);
		assert_int_equal(json.error, -EBADMSG);
		clinic_json_close(&json);
	}
}

static int sum_of_list(struct clinic_json *json)
{
	bool first = true;
	int sum = 0;

	if (!clinic_json_expect(json, '['))
		return -1;
	while (clinic_json_next(json, ']', &first)) {
		bool negative;
		uint64_t value;

		if (clinic_json_integer(json, &negative, &value))
			sum += (int)value;
	}
	return json->error ? json->error : sum;
}

static int sum_of(const char *text)
{
	struct clinic_json json;
	int sum;

	clinic_json_memory(&json, text, strlen(text));
	sum = sum_of_list(&json);
	clinic_json_close(&json);
	return sum;
}

static void a_list_has_commas_between_its_elements(void **state)
{
	(void)state;
	assert_int_equal(sum_of("[]"), 0);
	assert_int_equal(sum_of(" [ 1 , 2,4 ] "), 7);
	assert_int_equal(sum_of("[1 2]"), -EBADMSG);
	assert_int_equal(sum_of("[1,]"), -EBADMSG);
	assert_int_equal(sum_of("[,1]"), -EBADMSG);
	assert_int_equal(sum_of("[1"), -EBADMSG);
	assert_int_equal(sum_of("{}"), -1);
}

/* A message names the place at which the file is damaged. */
static void the_offset_is_that_of_the_next_token(void **state)
{
	static const char text[] = "[ 12,3]";
	struct clinic_json json;
	bool negative;
	uint64_t value;

	(void)state;
	clinic_json_memory(&json, text, strlen(text));
	assert_int_equal(clinic_json_offset(&json), 0);
	assert_true(clinic_json_accept(&json, '['));
	assert_int_equal(clinic_json_offset(&json), 1);
	assert_true(clinic_json_integer(&json, &negative, &value));
	assert_int_equal(clinic_json_offset(&json), 4);
	assert_false(clinic_json_accept(&json, ']'));
	assert_int_equal(clinic_json_offset(&json), 4);
	/* The first error stays, and nothing is read any more. */
	assert_false(clinic_json_fail(&json, -EFBIG));
	assert_false(clinic_json_fail(&json, -ENOMEM));
	assert_int_equal(json.error, -EFBIG);
	assert_false(clinic_json_accept(&json, ','));
	assert_false(clinic_json_end(&json));
	clinic_json_close(&json);
}

static void a_file_that_is_absent_is_an_error(void **state)
{
	struct clinic_json json;

	(void)state;
	assert_int_equal(clinic_json_open(&json, "/nowhere/at/all"), -ENOENT);
	clinic_json_close(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escaped_code_points_become_utf8),
		cmocka_unit_test(every_escape_of_the_standard_is_read),
		cmocka_unit_test(strings_that_are_none_are_refused),
		cmocka_unit_test(integers_of_64_bits_are_read),
		cmocka_unit_test(a_list_has_commas_between_its_elements),
		cmocka_unit_test(the_offset_is_that_of_the_next_token),
		cmocka_unit_test(a_file_that_is_absent_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
