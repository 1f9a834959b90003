/*
 * Checks the accounts of delays. A thread of the tests stands for several: it
 * begins anew with what another one has taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "preload/causal/virtual_time.h"
#include "shared_memory/causal_layout.h"
#include "shared_memory/ticks.h"

#define MS 1000000u

static struct causal_result result;

static int begin(void **state)
{
	(void)state;
	memset(&result, 0, sizeof(result));
	virtual_time_use(&result);
	virtual_time_begin(0);
	return 0;
}

static void test_without_a_result_nothing_is_counted(void **state)
{
	(void)state;
	virtual_time_use(NULL);
	virtual_time_gain(MS);
	virtual_time_settle();
	assert_int_equal(virtual_time_taken_ns(), 0);
	assert_int_equal(virtual_time_inserted_ns(), 0);
}

static void test_who_runs_the_function_owes_nothing(void **state)
{
	(void)state;
	virtual_time_gain(MS);
	assert_int_equal(virtual_time_inserted_ns(), MS);
	virtual_time_settle();
	assert_int_equal(virtual_time_taken_ns(), MS);
	assert_int_equal(result.slept_ns, 0);
}

static void
test_two_threads_in_the_function_delay_by_the_difference(void **state)
{
	(void)state;
	virtual_time_gain(3 * MS);
	virtual_time_begin(0);
	virtual_time_gain(2 * MS);
	assert_int_equal(virtual_time_inserted_ns(), 3 * MS);
	virtual_time_gain(2 * MS);
	assert_int_equal(virtual_time_inserted_ns(), 4 * MS);
}

static void test_any_other_thread_sleeps(void **state)
{
	(void)state;
	virtual_time_gain(2 * MS);
	virtual_time_begin(0);
	virtual_time_settle();
	assert_int_equal(virtual_time_taken_ns(), 2 * MS);
	assert_true(result.slept_ns >= 2 * MS);
}

static void test_a_pause_is_limited(void **state)
{
	uint64_t taken_ns;

	(void)state;
	virtual_time_gain(30 * MS);
	virtual_time_begin(0);
	virtual_time_pause();
	taken_ns = virtual_time_taken_ns();
	assert_true(taken_ns > 0 && taken_ns < 30 * MS);
	virtual_time_settle();
	assert_int_equal(virtual_time_taken_ns(), 30 * MS);
}

static void test_a_wait_is_credited(void **state)
{
	uint64_t since_ns;

	(void)state;
	virtual_time_gain(5 * MS);
	virtual_time_begin(3 * MS);
	since_ns = virtual_time_inserted_ns();
	result.inserted_ns += 4 * MS;
	virtual_time_credit(since_ns);
	/* It still owes what it owed before the wait. */
	assert_int_equal(virtual_time_taken_ns(), 7 * MS);
}

static void test_no_delay_is_credited_twice(void **state)
{
	uint64_t since_ns = virtual_time_inserted_ns();

	(void)state;
	result.inserted_ns += 4 * MS;
	virtual_time_settle();
	virtual_time_credit(since_ns);
	assert_int_equal(virtual_time_taken_ns(), 4 * MS);
}

static void test_virtual_time_is_the_clock_without_the_delays(void **state)
{
	uint64_t before_ns = clock_ns();

	(void)state;
	virtual_time_gain(MS);
	assert_true(virtual_time_now_ns() >= before_ns - MS);
	assert_true(virtual_time_now_ns() + MS <= clock_ns());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_without_a_result_nothing_is_counted,
				       begin),
		cmocka_unit_test_setup(test_who_runs_the_function_owes_nothing,
				       begin),
		cmocka_unit_test_setup(
			test_two_threads_in_the_function_delay_by_the_difference,
			begin),
		cmocka_unit_test_setup(test_any_other_thread_sleeps, begin),
		cmocka_unit_test_setup(test_a_pause_is_limited, begin),
		cmocka_unit_test_setup(test_a_wait_is_credited, begin),
		cmocka_unit_test_setup(test_no_delay_is_credited_twice, begin),
		cmocka_unit_test_setup(
			test_virtual_time_is_the_clock_without_the_delays,
			begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
