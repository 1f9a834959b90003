/*
 * machines/cmocka.h - the part of cmocka that the portable tests use.
 *
 * Debian has no cmocka for foreign machines, and none that was compiled with
 * MemorySanitizer. This one prints TAP on stdout; the first failure ends a
 * test.
 */
#ifndef CLINIC_MACHINES_CMOCKA_H
#define CLINIC_MACHINES_CMOCKA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*run)(void **state);
	int (*set_up)(void **state);
	int (*tear_down)(void **state);
};

static jmp_buf tap_next_test;
static const char *tap_result;

#define cmocka_unit_test_setup_teardown(function, before, after)               \
	{                                                                      \
		.name = #function, .run = function, .set_up = before,          \
		.tear_down = after                                             \
	}
#define cmocka_unit_test(function)                                             \
	cmocka_unit_test_setup_teardown(function, NULL, NULL)

static inline void tap_end_test(const char *result, const char *file, int line)
{
	tap_result = result;
	printf("# %s:%d\n", file, line);
	longjmp(tap_next_test, 1);
}

#define fail_msg(...)                                                          \
	(printf("# " __VA_ARGS__), tap_end_test("fail", __FILE__, __LINE__))
#define skip() tap_end_test("skip", __FILE__, __LINE__)
#define assert_true(condition)                                                 \
	((condition) ? (void)0 : tap_end_test("fail", __FILE__, __LINE__))
#define assert_false(condition)    assert_true(!(condition))
#define assert_non_null(pointer)   assert_true((pointer) != NULL)
#define assert_null(pointer)       assert_true((pointer) == NULL)
#define assert_int_equal(a, b)     assert_true((int64_t)(a) == (int64_t)(b))
#define assert_int_not_equal(a, b) assert_true((int64_t)(a) != (int64_t)(b))
#define assert_ptr_equal(a, b)     assert_true((a) == (b))
#define assert_ptr_not_equal(a, b) assert_true((a) != (b))
#define assert_in_range(a, low, high)                                          \
	assert_true((uint64_t)(a) >= (uint64_t)(low) &&                        \
		    (uint64_t)(a) <= (uint64_t)(high))
#define assert_string_equal(a, b)       assert_true(strcmp(a, b) == 0)
#define assert_string_not_equal(a, b)   assert_true(strcmp(a, b) != 0)
#define assert_memory_equal(a, b, size) assert_true(memcmp(a, b, size) == 0)
#define print_message                   printf

static inline void tap_run_one(const struct CMUnitTest *test, void *state)
{
	if (test->set_up && test->set_up(&state)) {
		tap_result = "fail";
		return;
	}
	if (setjmp(tap_next_test) == 0)
		test->run(&state);
	if (test->tear_down)
		test->tear_down(&state);
}

static inline int tap_run(const struct CMUnitTest *tests, size_t count,
			  int (*set_up)(void **), int (*tear_down)(void **))
{
	int failed = 0;
	void *state = NULL;

	if (set_up && set_up(&state))
		return 1;
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		tap_result = "pass";
		tap_run_one(&tests[i], state);
		failed += strcmp(tap_result, "fail") == 0;
		printf("%s %zu - %s%s\n",
		       strcmp(tap_result, "fail") == 0 ? "not ok" : "ok", i + 1,
		       tests[i].name,
		       strcmp(tap_result, "skip") == 0 ? " # SKIP" : "");
	}
	if (tear_down)
		tear_down(&state);
	return failed;
}

#define cmocka_run_group_tests(tests, set_up, tear_down)                       \
	tap_run(tests, sizeof(tests) / sizeof((tests)[0]), set_up, tear_down)

#endif
