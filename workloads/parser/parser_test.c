/*
 * parser_test.c - our parser and jansson accept the same lines, with the same
 * values: by hand, and on mutated ones.
 */
#define reader        jansson_reader
#define reader_new    jansson_reader_new
#define reader_free   jansson_reader_free
#define reader_digest jansson_reader_digest
#include "candidates/jansson/reader.c"
#undef reader
#undef reader_new
#undef reader_free
#undef reader_digest
#undef PARSER_READER_H
#include "reader.h"
#include "scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MUTATIONS_COUNT 10000
#define LINE_BYTES_MAX  1024

/* Both digests of a line in a block of its own, so that no byte beyond is. */
static uint64_t digest_of_both(const char *line, size_t bytes_count)
{
	struct reader *ours = reader_new();
	struct jansson_reader *theirs = jansson_reader_new();
	char *copy = malloc(bytes_count ? bytes_count : 1);
	uint64_t found, wanted;

	assert_true(ours && theirs && copy);
	memcpy(copy, line, bytes_count);
	found = reader_digest(ours, copy, bytes_count);
	wanted = jansson_reader_digest(theirs, copy, bytes_count);
	free(copy);
	reader_free(ours);
	jansson_reader_free(theirs);
	if (found != wanted)
		fail_msg("ours %#lx, jansson %#lx: %.*s", found, wanted,
			 (int)bytes_count, line);
	return found;
}

static const char *const accepted[] = {
	"{}",
	"[]",
	" [ ] ",
	"\t{\r\"a\" : [ 1 , -2 ] }\n",
	"[true, false, null]",
	"[0, -0, 9223372036854775807, -9223372036854775808]",
	"[0.0, -0.0, 1e0, 1E+2, 1.5e-3, 0.1, 123456789.123456789]",
	"[1e22, 1e23, 123456789012345e22, 1234567890123456e22, 5e-324]",
	"[1e-400, 2.2250738585072011e-308, 1.7976931348623157e308]",
	"[0.000000000000000000000000000000000000000000000000000000000001]",
	"[\"\", \"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0001\\u00e9\\u20ac\"]",
	"[\"\\ud83d\\ude00\", \"\xf0\x9f\x98\x80\", \"\xe2\x82\xac\"]",
	"{\"\": 1, \"a\": {\"a\": {\"a\": []}}}",
	"[\"0123456789012345678901234567890123456789\\n0123456789abcdef\"]",
	"[\"\x7f\"]",
};

static const char *const refused[] = {
	"",
	"   ",
	"1",
	"\"a\"",
	"null",
	"{",
	"[",
	"[1",
	"[1,]",
	"[,1]",
	"[1 2]",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{a:1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":1,\"a\":2}",
	"{\"a\":1,\"\\u0061\":2}",
	"[] x",
	"[]]",
	"[01]",
	"[-]",
	"[1.]",
	"[.5]",
	"[+1]",
	"[1e]",
	"[1e+]",
	"[0x10]",
	"[1e400]",
	"[-1e400]",
	"[9223372036854775808]",
	"[truex]",
	"[tru]",
	"[TRUE]",
	"[\"a]",
	"[\"\\\"]",
	"[\"\\x\"]",
	"[\"\\u12\"]",
	"[\"\\u12g4\"]",
	"[\"\\u0000\"]",
	"[\"\\ud83d\"]",
	"[\"\\ud83d\\u0041\"]",
	"[\"\\ude00\"]",
	"[\"\\ude00\\ud83d\"]",
	"[\"\t\"]",
	"[\"\x80\"]",
	"[\"\xc0\xaf\"]",
	"[\"\xed\xa0\x80\"]",
	"[\"\xf4\x90\x80\x80\"]",
	"[\"\xe2\x82\"]",
	"\xef\xbb\xbf[]",
	"[\"\xf8\x88\x80\x80\x80\"]",
};

static void documents_by_hand_are_read_alike(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		assert_int_not_equal(
			digest_of_both(accepted[i], strlen(accepted[i])),
			DIGEST_REFUSED);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(digest_of_both(refused[i], strlen(refused[i])),
				 DIGEST_REFUSED);
	assert_int_equal(digest_of_both("[\"a\0b\"]", 7), DIGEST_REFUSED);
	assert_int_equal(digest_of_both("[]\0", 3), DIGEST_REFUSED);
}

static uint64_t digest_of_depth(size_t depth)
{
	char *line = malloc(2 * depth);
	uint64_t digest;

	assert_non_null(line);
	memset(line, '[', depth);
	memset(line + depth, ']', depth);
	digest = digest_of_both(line, 2 * depth);
	free(line);
	return digest;
}

static void depth_ends_where_jansson_s_does(void **unused)
{
	(void)unused;
	assert_int_not_equal(digest_of_depth(2047), DIGEST_REFUSED);
	assert_int_not_equal(digest_of_depth(2048), DIGEST_REFUSED);
	assert_int_equal(digest_of_depth(2049), DIGEST_REFUSED);
	assert_int_equal(digest_of_depth(5000), DIGEST_REFUSED);
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Replaces, takes out, or puts in one byte, of those that mean something. */
static size_t mutate(char *line, size_t bytes_count, uint64_t *random)
{
	static const char bytes[] =
		"\"\\{}[]:,0123456789+-.eEtrufalsn \x01\x7f\x80\xc3\xa9\xe2\xed"
		"\xf0\xf4\xff";
	size_t at = random_next(random) % bytes_count;
	char byte = bytes[random_next(random) % sizeof(bytes)];

	switch (random_next(random) % 3) {
	case 0:
		line[at] = byte;
		return bytes_count;
	case 1:
		memmove(line + at, line + at + 1, bytes_count - at - 1);
		return bytes_count - 1;
	default:
		memmove(line + at + 1, line + at, bytes_count - at);
		line[at] = byte;
		return bytes_count + 1;
	}
}

static const char whole[] =
	"{\"time\": 1767225600017, \"level\": \"info\", \"message\": \"user "
	"tab\\there caf\\u00e9 gr\xc3\xbc\xc3\x9f \\ud83d\\ude00 limit\", "
	"\"elapsed\": 2327.623, \"sampled\": true, \"tags\": [\"a\", \"b\"], "
	"\"ratio\": -3.93347e-9, \"parent\": null, \"more\": {\"a\": [false, "
	"12345678901234567, 0.1e22]}}";

static void mutated_documents_are_read_alike(void **unused)
{
	uint64_t random = 88172645463325252u;
	size_t refused_count = 0;

	(void)unused;
	for (int i = 0; i < MUTATIONS_COUNT; i++) {
		char line[LINE_BYTES_MAX];
		size_t bytes_count = sizeof(whole) - 1;

		memcpy(line, whole, bytes_count);
		for (int n = i % 4; n >= 0; n--)
			bytes_count = mutate(line, bytes_count, &random);
		refused_count += digest_of_both(line, bytes_count) ==
				 DIGEST_REFUSED;
	}
	assert_in_range(refused_count, MUTATIONS_COUNT / 10,
			MUTATIONS_COUNT * 9 / 10);
}

/* Every cut of a line is refused, and read no byte beyond its end. */
static void every_cut_is_read_alike(void **unused)
{
	(void)unused;
	for (size_t cut = 0; cut < sizeof(whole) - 1; cut++)
		assert_int_equal(digest_of_both(whole, cut), DIGEST_REFUSED);
}

static void every_byte_ends_what_is_plain_or_does_not(void **unused)
{
	char bytes[80];

	(void)unused;
	for (int byte = 0; byte < 256; byte++) {
		bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' &&
			     byte != '\\';

		for (size_t at = 0; at < sizeof(bytes); at++) {
			const char *found;

			memset(bytes, 'a', sizeof(bytes));
			bytes[at] = (char)byte;
			found = scan_plain(bytes, bytes + sizeof(bytes));
			assert_int_equal(found - bytes,
					 plain ? sizeof(bytes) : at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_by_hand_are_read_alike),
		cmocka_unit_test(depth_ends_where_jansson_s_does),
		cmocka_unit_test(mutated_documents_are_read_alike),
		cmocka_unit_test(every_cut_is_read_alike),
		cmocka_unit_test(every_byte_ends_what_is_plain_or_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
