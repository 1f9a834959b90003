/* Tests times off the CPU by switches, and by switches that are missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/off_cpu.h"
#include "sources/trace_event.h"

enum { SAMPLED = 3, DEPARTED = 7 };

static bool change(struct clinic_off_cpu *thread, uint64_t time_ns, bool is_out,
		   bool is_preempted, struct clinic_sample *wait)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_SWITCH,
				     .time_ns = time_ns,
				     .change = {1, is_out, is_preempted}};

	return clinic_off_cpu_change(thread, &event, wait);
}

static bool leave(struct clinic_off_cpu *thread, uint64_t time_ns)
{
	struct clinic_sample unused;

	return change(thread, time_ns, true, false, &unused);
}

static bool come_back(struct clinic_off_cpu *thread, uint64_t time_ns,
		      struct clinic_sample *wait)
{
	return change(thread, time_ns, false, false, wait);
}

static void a_wait_has_its_departures_stack(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	clinic_off_cpu_stack(&thread, SAMPLED, 0, false);
	clinic_off_cpu_stack(&thread, DEPARTED, CLINIC_SAMPLE_TRUNCATED, true);
	assert_false(leave(&thread, 100));
	assert_true(come_back(&thread, 150, &wait));
	assert_int_equal(wait.time_ns, 100);
	assert_int_equal(wait.weight_ns, 50);
	assert_int_equal(wait.stack_id, DEPARTED);
	assert_int_equal(wait.flags, CLINIC_SAMPLE_TRUNCATED);
}

static void a_departures_stack_is_used_once(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	clinic_off_cpu_stack(&thread, SAMPLED, 0, false);
	clinic_off_cpu_stack(&thread, DEPARTED, 0, true);
	leave(&thread, 100);
	come_back(&thread, 150, &wait);
	leave(&thread, 200);
	assert_true(come_back(&thread, 210, &wait));
	assert_int_equal(wait.stack_id, SAMPLED);
	assert_int_equal(wait.flags, CLINIC_SAMPLE_APPROXIMATE);
}

static void without_a_sample_there_is_no_stack(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	leave(&thread, 100);
	assert_true(come_back(&thread, 150, &wait));
	assert_int_equal(wait.stack_id, 0);
	assert_int_equal(wait.flags, CLINIC_SAMPLE_APPROXIMATE);
}

static void preempted_is_not_blocked(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	clinic_off_cpu_stack(&thread, DEPARTED, 0, true);
	change(&thread, 100, true, true, &wait);
	assert_true(come_back(&thread, 150, &wait));
	assert_int_equal(wait.flags, CLINIC_SAMPLE_PREEMPTED);
}

static void a_new_thread_waits_for_its_first_cpu(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	clinic_off_cpu_born(&thread, 100);
	assert_true(come_back(&thread, 130, &wait));
	assert_int_equal(wait.time_ns, 100);
	assert_int_equal(wait.weight_ns, 30);
	assert_int_equal(wait.flags, CLINIC_SAMPLE_PREEMPTED);
}

/* The thread ran between the two departures, but since when is unknown. */
static void a_lost_return_makes_no_wait(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	leave(&thread, 100);
	assert_false(leave(&thread, 200));
	assert_true(come_back(&thread, 250, &wait));
	assert_int_equal(wait.time_ns, 200);
	assert_int_equal(wait.weight_ns, 50);
}

static void a_lost_departure_makes_no_wait(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	clinic_off_cpu_begin(&thread, 50, CLINIC_THREAD_ON_CPU);
	assert_false(come_back(&thread, 150, &wait));
}

static void what_lasts_ends_with_the_recording(void **state)
{
	struct clinic_off_cpu thread = {0};
	struct clinic_sample wait;

	(void)state;
	leave(&thread, 100);
	assert_true(clinic_off_cpu_end(&thread, 400, &wait));
	assert_int_equal(wait.weight_ns, 300);
	assert_false(clinic_off_cpu_end(&thread, 500, &wait));
}

static void a_silent_thread_slept_unless_it_was_sampled(void **state)
{
	struct clinic_off_cpu silent = {0}, busy = {0};
	struct clinic_sample wait;

	(void)state;
	clinic_off_cpu_begin(&silent, 100, CLINIC_THREAD_SILENT);
	clinic_off_cpu_begin(&busy, 100, CLINIC_THREAD_SILENT);
	clinic_off_cpu_stack(&busy, SAMPLED, 0, false);
	assert_true(clinic_off_cpu_end(&silent, 400, &wait));
	assert_int_equal(wait.time_ns, 100);
	assert_int_equal(wait.weight_ns, 300);
	assert_int_equal(wait.flags, CLINIC_SAMPLE_APPROXIMATE);
	assert_false(clinic_off_cpu_end(&busy, 400, &wait));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_has_its_departures_stack),
		cmocka_unit_test(a_departures_stack_is_used_once),
		cmocka_unit_test(without_a_sample_there_is_no_stack),
		cmocka_unit_test(preempted_is_not_blocked),
		cmocka_unit_test(a_new_thread_waits_for_its_first_cpu),
		cmocka_unit_test(a_lost_return_makes_no_wait),
		cmocka_unit_test(a_lost_departure_makes_no_wait),
		cmocka_unit_test(what_lasts_ends_with_the_recording),
		cmocka_unit_test(a_silent_thread_slept_unless_it_was_sampled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
