/*
 * Tests that stages are found, nested and summed over threads, and that those
 * that cannot be timed are counted as lost.
 *
 * The tests share one process and one table, so each has names of its own. The
 * first one runs before stages are timed.
 */
#include "bench/stage_time.h"

#include "bench/bench_clock.h"

#include <clinic/stage.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* This is long enough to be seen on any clock. */
static void work(void)
{
	uint64_t start_ns = clinic_clock_now_ns();

	while (clinic_clock_now_ns() - start_ns < 10000)
		;
}

static size_t index_of(const char *name)
{
	for (size_t i = 0; i < stage_time_count(); i++)
		if (strcmp(stage_time_name(i), name) == 0)
			return i;
	fail_msg("no stage %s", name);
	return 0;
}

static uint64_t take_ns(const char *name)
{
	return stage_time_take_ns(index_of(name));
}

static void nobody_listens_until_enabled(void **state)
{
	(void)state;
	clinic_stage_begin("unheard");
	clinic_stage_end("unheard");
	assert_int_equal(stage_time_count(), 0);
	stage_time_enable();
}

static void stages_stand_in_order_of_appearance(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		clinic_stage_begin("first");
		work();
		clinic_stage_end("first");
		clinic_stage_begin("second");
		clinic_stage_end("second");
	}
	assert_int_equal(index_of("first"), 0);
	assert_int_equal(index_of("second"), 1);
	assert_int_equal(stage_time_count(), 2);
	assert_true(take_ns("first") >= 30000);
}

static void taking_starts_anew(void **state)
{
	(void)state;
	clinic_stage_begin("taken");
	work();
	clinic_stage_end("taken");
	assert_true(take_ns("taken") > 0);
	assert_int_equal(take_ns("taken"), 0);
}

static void an_outer_stage_includes_the_inner(void **state)
{
	(void)state;
	clinic_stage_begin("outer");
	clinic_stage_begin("inner");
	work();
	clinic_stage_end("inner");
	clinic_stage_end("outer");
	uint64_t inner_ns = take_ns("inner");
	assert_true(inner_ns > 0);
	assert_true(take_ns("outer") >= inner_ns);
}

/* Another file may have a literal with the same text at another address. */
static void a_name_is_its_text(void **state)
{
	static char copy[] = "taken";
	size_t count = stage_time_count();

	(void)state;
	clinic_stage_begin(copy);
	work();
	clinic_stage_end(copy);
	assert_int_equal(stage_time_count(), count);
	assert_true(take_ns("taken") > 0);
}

static void *work_in_stage(void *unused)
{
	clinic_stage_begin("threads");
	work();
	clinic_stage_end("threads");
	return unused;
}

static void threads_add_up(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work_in_stage, NULL),
			0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(take_ns("threads") >= 40000);
}

static void an_end_without_its_beginning_is_lost(void **state)
{
	uint64_t lost = stage_time_lost_count();

	(void)state;
	clinic_stage_end("never begun");
	clinic_stage_begin("begun");
	clinic_stage_end("another");
	assert_int_equal(stage_time_lost_count(), lost + 2);
}

static void too_deep_is_lost_and_does_no_harm(void **state)
{
	uint64_t lost = stage_time_lost_count();

	(void)state;
	for (int i = 0; i < 40; i++)
		clinic_stage_begin("deep");
	for (int i = 0; i < 40; i++)
		clinic_stage_end("deep");
	assert_int_equal(stage_time_lost_count(), lost + 8);
	clinic_stage_begin("taken");
	work();
	clinic_stage_end("taken");
	assert_true(take_ns("taken") > 0);
}

static void more_names_than_slots_are_lost(void **state)
{
	static char names[STAGES_MAX + 1][16];
	uint64_t lost = stage_time_lost_count();
	size_t known = stage_time_count();

	(void)state;
	for (size_t i = 0; i < STAGES_MAX + 1; i++) {
		snprintf(names[i], sizeof(names[i]), "name %zu", i);
		clinic_stage_begin(names[i]);
		clinic_stage_end(names[i]);
	}
	assert_int_equal(stage_time_count(), STAGES_MAX);
	assert_int_equal(stage_time_lost_count(), lost + known + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_listens_until_enabled),
		cmocka_unit_test(stages_stand_in_order_of_appearance),
		cmocka_unit_test(taking_starts_anew),
		cmocka_unit_test(an_outer_stage_includes_the_inner),
		cmocka_unit_test(a_name_is_its_text),
		cmocka_unit_test(threads_add_up),
		cmocka_unit_test(an_end_without_its_beginning_is_lost),
		cmocka_unit_test(too_deep_is_lost_and_does_no_harm),
		cmocka_unit_test(more_names_than_slots_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
