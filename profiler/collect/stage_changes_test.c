/*
 * Tests that a sample belongs to the stage of its own thread at its own time.
 */
#include "collect/stage_changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct clinic_stage_changes changes;

static int two_threads(void **state)
{
	(void)state;
	/* Out of order, as from threads with rings of their own. */
	assert_int_equal(clinic_stage_changes_add(&changes, 7, 300, 0), 0);
	assert_int_equal(clinic_stage_changes_add(&changes, 7, 100, 1), 0);
	assert_int_equal(clinic_stage_changes_add(&changes, 9, 200, 2), 0);
	assert_int_equal(clinic_stage_changes_add(&changes, 7, 200, 3), 0);
	clinic_stage_changes_sort(&changes);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	clinic_stage_changes_free(&changes);
	return 0;
}

static void stage_of_its_time(void **state)
{
	(void)state;
	assert_int_equal(clinic_stage_changes_at(&changes, 7, 99), 0);
	assert_int_equal(clinic_stage_changes_at(&changes, 7, 100), 1);
	assert_int_equal(clinic_stage_changes_at(&changes, 7, 199), 1);
	assert_int_equal(clinic_stage_changes_at(&changes, 7, 250), 3);
	assert_int_equal(clinic_stage_changes_at(&changes, 7, 999), 0);
}

static void stage_of_its_thread(void **state)
{
	(void)state;
	assert_int_equal(clinic_stage_changes_at(&changes, 9, 199), 0);
	assert_int_equal(clinic_stage_changes_at(&changes, 9, 999), 2);
	assert_int_equal(clinic_stage_changes_at(&changes, 8, 250), 0);
}

static void nothing_was_told(void **state)
{
	struct clinic_stage_changes none = {0};

	(void)state;
	clinic_stage_changes_sort(&none);
	assert_int_equal(clinic_stage_changes_at(&none, 7, 100), 0);
	clinic_stage_changes_free(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stage_of_its_time, two_threads,
						forget),
		cmocka_unit_test_setup_teardown(stage_of_its_thread,
						two_threads, forget),
		cmocka_unit_test(nothing_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
