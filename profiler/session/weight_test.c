/* Tests what each kind of weight counts, and which one a report shows. */
#include "session/session_scene.h"
#include "session/tally.h"
#include "session/weight.h"

static void every_weight_and_group_is_found_by_its_name(void **state)
{
	enum clinic_weight weight;
	enum clinic_group group;

	(void)state;
	for (unsigned int i = 0; i < CLINIC_WEIGHTS; i++) {
		assert_true(clinic_weight_find(clinic_weight_name(i), &weight));
		assert_int_equal(weight, i);
		assert_non_null(clinic_weight_unit(i));
	}
	assert_false(clinic_weight_find("cycles", &weight));
	for (unsigned int i = 0; i < CLINIC_GROUPS; i++) {
		assert_true(clinic_group_find(clinic_group_name(i), &group));
		assert_int_equal(group, i);
	}
	assert_false(clinic_group_find("cpu", &group));
	assert_string_equal(clinic_weight_unit(CLINIC_WEIGHT_OFF_CPU), "ns");
	assert_true(clinic_weight_is_sampled(CLINIC_WEIGHT_SAMPLES));
	assert_false(clinic_weight_is_sampled(CLINIC_WEIGHT_OFF_CPU));
}

static void add_one_of_each(struct clinic_session *s)
{
	struct clinic_sample sample = {
		.stack_id = 1, .thread_id = 1, .stage_id = 1, .weight_ns = 10};
	struct clinic_sample wait = sample;
	struct clinic_allocation allocation = {.stack_id = 1,
					       .thread_id = 1,
					       .stage_id = 1,
					       .allocations_count = 20,
					       .bytes = 30,
					       .peak_bytes = 40,
					       .leaked_bytes = 50};
	struct clinic_lock lock = {
		.stack_id = 1, .thread_id = 1, .stage_id = 1, .wait_ns = 60};

	wait.weight_ns = 70;
	scene_add(s, CLINIC_SAMPLES, &sample);
	scene_add(s, CLINIC_WAITS, &wait);
	scene_add(s, CLINIC_ALLOCATIONS, &allocation);
	scene_add(s, CLINIC_LOCKS, &lock);
}

static void each_weight_is_its_column(void **state)
{
	static const uint64_t values[CLINIC_WEIGHTS] = {
		[CLINIC_WEIGHT_CPU] = 10,         [CLINIC_WEIGHT_SAMPLES] = 1,
		[CLINIC_WEIGHT_ALLOCATIONS] = 20, [CLINIC_WEIGHT_BYTES] = 30,
		[CLINIC_WEIGHT_PEAK] = 40,        [CLINIC_WEIGHT_LEAKED] = 50,
		[CLINIC_WEIGHT_WAIT] = 60,        [CLINIC_WEIGHT_OFF_CPU] = 70,
	};
	struct clinic_session *s = scene_new();
	uint32_t stage;

	(void)state;
	assert_int_equal(scene_stack(s, "main"), 1);
	assert_int_equal(scene_thread(s, 1, 1, "t"), 1);
	assert_int_equal(clinic_session_stage_id(s, "sort", &stage), 0);
	add_one_of_each(s);
	for (unsigned int i = 0; i < CLINIC_WEIGHTS; i++) {
		struct clinic_weighed row;

		assert_int_equal(clinic_weight_rows(s, i), 1);
		clinic_weight_row(s, i, 0, &row);
		assert_int_equal(row.value, values[i]);
		assert_int_equal(row.stack_id, 1);
		assert_int_equal(row.thread_id, 1);
		assert_int_equal(row.stage_id, stage);
	}
	clinic_session_free(s);
}

/* The first that was observed: CPU time, samples, bytes, waits for locks. */
static void a_report_shows_what_was_observed(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_sample wait = {.weight_ns = 1};
	struct clinic_lock lock = {.wait_ns = 1};
	struct clinic_allocation allocation = {.bytes = 1};

	(void)state;
	assert_int_equal(clinic_weight_default(s), CLINIC_WEIGHT_CPU);
	scene_add(s, CLINIC_WAITS, &wait);
	assert_int_equal(clinic_weight_default(s), CLINIC_WEIGHT_OFF_CPU);
	scene_add(s, CLINIC_LOCKS, &lock);
	assert_int_equal(clinic_weight_default(s), CLINIC_WEIGHT_WAIT);
	scene_add(s, CLINIC_ALLOCATIONS, &allocation);
	assert_int_equal(clinic_weight_default(s), CLINIC_WEIGHT_BYTES);
	scene_cpu(s, 0, 0); /* imported profiles may only count */
	assert_int_equal(clinic_weight_default(s), CLINIC_WEIGHT_SAMPLES);
	scene_cpu(s, 0, 1);
	assert_int_equal(clinic_weight_default(s), CLINIC_WEIGHT_CPU);
	clinic_session_free(s);
}

static void a_thread_and_a_stage_have_what_they_did(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_sample sample = {.weight_ns = 5};
	struct clinic_tally tally;
	uint32_t busy = scene_thread(s, 1, 1, "busy");
	uint32_t idle = scene_thread(s, 1, 2, "idle");
	uint32_t stage;

	(void)state;
	assert_int_equal(clinic_session_stage_id(s, "sort", &stage), 0);
	sample.thread_id = busy;
	scene_add(s, CLINIC_SAMPLES, &sample);
	sample.stage_id = stage;
	scene_add(s, CLINIC_SAMPLES, &sample);
	sample.thread_id = idle;
	sample.weight_ns = 2;
	scene_add(s, CLINIC_SAMPLES, &sample);
	assert_int_equal(clinic_tally_make(s, CLINIC_BY_THREAD,
					   CLINIC_WEIGHT_CPU, &tally),
			 0);
	assert_int_equal(tally.count, 2); /* "none" did nothing */
	assert_int_equal(tally.row[0].thread_id, busy);
	assert_int_equal(tally.row[0].self, 10);
	assert_int_equal(tally.row[0].total, 10);
	assert_int_equal(tally.row[0].self_samples_count, 2);
	assert_int_equal(tally.row[1].thread_id, idle);
	assert_int_equal(tally.row[1].total, 2);
	assert_int_equal(tally.whole, 12);
	assert_int_equal(tally.samples_count, 3);
	assert_int_equal((int64_t)tally.squares, 25 + 25 + 4);
	clinic_tally_free(&tally);
	assert_int_equal(clinic_tally_make(s, CLINIC_BY_STAGE,
					   CLINIC_WEIGHT_SAMPLES, &tally),
			 0);
	assert_int_equal(tally.count, 2);
	assert_int_equal(tally.row[0].stage_id, stage);
	assert_int_equal(tally.row[0].total_samples_count, 2);
	assert_int_equal(tally.row[1].stage_id, 0);
	clinic_tally_free(&tally);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_weight_and_group_is_found_by_its_name),
		cmocka_unit_test(each_weight_is_its_column),
		cmocka_unit_test(a_report_shows_what_was_observed),
		cmocka_unit_test(a_thread_and_a_stage_have_what_they_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
