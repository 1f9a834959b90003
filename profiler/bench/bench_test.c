/*
 * Tests the order of calls, the counts and the answers of the measuring loop,
 * and never how long anything takes.
 */
#include <clinic/bench.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOG_BYTES 4096

/* Logs the calls: r is a run, M is measuring(), S is sampled(). */
struct subject {
	char log[LOG_BYTES];
	size_t runs_count;
	size_t wrong_from; /* this run and those after it answer wrongly */
};

#define ANSWER 0xa115a115u

static void note(struct subject *subject, char what)
{
	size_t length = strlen(subject->log);

	if (length + 1 < LOG_BYTES)
		subject->log[length] = what;
}

static uint64_t subject_run(void *state)
{
	struct subject *subject = state;

	note(subject, 'r');
	subject->runs_count++;
	if (subject->wrong_from && subject->runs_count >= subject->wrong_from)
		return ANSWER + subject->runs_count;
	return ANSWER;
}

static void on_measuring(void *context)
{
	note(context, 'M');
}

static void on_sampled(void *context, size_t index)
{
	note(context, (char)('0' + index % 10));
}

static const struct clinic_workload workload = {
	.name = "subject",
	.op = "run",
	.run = subject_run,
};

static const struct clinic_clock any_clock = {.resolution_ns = 1,
					      .cost_ns = 30};

static void every_run_is_counted_and_observed_in_order(void **state)
{
	struct subject subject = {.runs_count = 0};
	struct clinic_observer observer = {&subject, on_measuring, on_sampled};
	struct clinic_plan plan = {.warmup = 2,
				   .samples_min = 3,
				   .samples_max = 3,
				   .batch = 2,
				   .observer = &observer};
	struct clinic_result result;
	uint64_t samples_ns[3];

	(void)state;
	assert_int_equal(clinic_bench_run(&workload, &subject, &plan,
					  &any_clock, samples_ns, &result),
			 0);
	/*
	 * One run gives the answer, two warm up, and three pairs are measured.
	 */
	assert_string_equal(subject.log, "rrrMrr0rr1rr2");
	assert_int_equal(result.samples_count, 3);
	assert_int_equal(result.batch, 2);
	assert_int_equal(result.answer, ANSWER);
}

static void an_expected_answer_needs_no_run_to_find_it(void **state)
{
	struct subject subject = {.runs_count = 0};
	struct clinic_plan plan = {.warmup = 1,
				   .samples_min = 1,
				   .samples_max = 1,
				   .batch = 1,
				   .has_expect = true,
				   .expect = ANSWER};
	struct clinic_result result;
	uint64_t sample_ns;

	(void)state;
	assert_int_equal(clinic_bench_run(&workload, &subject, &plan,
					  &any_clock, &sample_ns, &result),
			 0);
	assert_int_equal(subject.runs_count, 2);
}

static void an_unexpected_answer_stops_at_once(void **state)
{
	struct subject subject = {.runs_count = 0};
	struct clinic_plan plan = {.warmup = 1,
				   .samples_min = 1,
				   .samples_max = 1,
				   .has_expect = true,
				   .expect = 7};
	struct clinic_result result;
	uint64_t sample_ns;

	(void)state;
	assert_int_equal(clinic_bench_run(&workload, &subject, &plan,
					  &any_clock, &sample_ns, &result),
			 -EILSEQ);
	assert_int_equal(result.answer, 7);
	assert_int_equal(result.differs, ANSWER);
	assert_int_equal(subject.runs_count, 1);
}

/* A wrong answer is found in the warm-up as well as deep within a batch. */
static void every_answer_is_checked(void **state)
{
	struct clinic_plan plan = {
		.warmup = 2, .samples_min = 4, .samples_max = 4, .batch = 5};
	size_t all_runs = 1 + 2 + 4 * 5;

	(void)state;
	for (size_t wrong = 2; wrong <= all_runs; wrong++) {
		struct subject subject = {.wrong_from = wrong};
		struct clinic_result result;
		uint64_t samples_ns[4];

		assert_int_equal(clinic_bench_run(&workload, &subject, &plan,
						  &any_clock, samples_ns,
						  &result),
				 -EILSEQ);
		assert_int_equal(result.differs, ANSWER + wrong);
		assert_int_equal(result.answer, ANSWER);
		assert_int_equal(subject.runs_count, wrong);
	}
}

static void expect_samples(const struct clinic_plan *plan, size_t expected)
{
	struct subject subject = {.runs_count = 0};
	struct clinic_result result;
	uint64_t samples_ns[5];

	assert_int_equal(plan->samples_max, 5);
	assert_int_equal(clinic_bench_run(&workload, &subject, plan, &any_clock,
					  samples_ns, &result),
			 0);
	assert_int_equal(result.samples_count, expected);
}

static void minimum_time_ends_at_the_last_slot(void **state)
{
	const struct clinic_plan plan = {.warmup = 1,
					 .samples_min = 2,
					 .samples_max = 5,
					 .batch = 1,
					 .minimum_ns = UINT64_MAX};

	(void)state;
	expect_samples(&plan, 5);
}

static void without_minimum_time_the_fewest_samples_are_kept(void **state)
{
	const struct clinic_plan plan = {
		.warmup = 1, .samples_min = 2, .samples_max = 5, .batch = 1};

	(void)state;
	expect_samples(&plan, 2);
}

static void a_plan_that_cannot_be_carried_out_is_refused(void **state)
{
	static const struct clinic_plan plans[] = {
		{.warmup = 0, .samples_min = 1, .samples_max = 1},
		{.warmup = 1, .samples_min = 0, .samples_max = 1},
		{.warmup = 1, .samples_min = 2, .samples_max = 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct subject subject = {.runs_count = 0};
		struct clinic_result result;
		uint64_t samples_ns[2];

		assert_int_equal(clinic_bench_run(&workload, &subject,
						  &plans[i], &any_clock,
						  samples_ns, &result),
				 -EINVAL);
		assert_int_equal(subject.runs_count, 0);
	}
}

static void load_is_one_sample_of_all_its_runs(void **state)
{
	struct subject subject = {.runs_count = 0};
	struct clinic_observer observer = {&subject, on_measuring, on_sampled};
	struct clinic_plan plan = {.warmup = 1,
				   .samples_min = 1,
				   .samples_max = 1,
				   .batch = 10,
				   .observer = &observer};
	struct clinic_result result;
	uint64_t sample_ns = 0;

	(void)state;
	assert_int_equal(clinic_bench_load(&workload, &subject, &plan,
					   &any_clock, 20000, &sample_ns,
					   &result),
			 0);
	assert_int_equal(result.samples_count, 1);
	assert_int_equal(result.batch, subject.runs_count - 2);
	assert_int_equal(result.batch % 10, 0);
	assert_true(sample_ns >= 20000);
	assert_memory_equal(subject.log, "rrMr", 4);
}

static void load_checks_answers_too(void **state)
{
	struct subject subject = {.wrong_from = 40};
	struct clinic_plan plan = {.warmup = 1, .batch = 1};
	struct clinic_result result;
	uint64_t sample_ns;

	(void)state;
	assert_int_equal(clinic_bench_load(&workload, &subject, &plan,
					   &any_clock, UINT64_MAX, &sample_ns,
					   &result),
			 -EILSEQ);
	assert_int_equal(subject.runs_count, 40);
}

/*
 * The error stays below 0.1 % of a sample, with no more runs than that takes.
 */
static void a_batch_is_as_small_as_the_clock_allows(void **state)
{
	static const struct clinic_clock clocks[] = {
		{1, 30}, {1000, 30}, {1, 1}};
	static const uint64_t runs_ns[] = {
		1, 7, 29, 999, 1000, 29999, 30000, 30001, 500000, 1000000000};

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		const struct clinic_clock *clock = &clocks[c];
		uint64_t error_ns = clock->resolution_ns > clock->cost_ns
					    ? clock->resolution_ns
					    : clock->cost_ns;

		for (size_t r = 0; r < 10; r++) {
			uint64_t batch = clinic_bench_batch(clock, runs_ns[r]);

			assert_true(batch * runs_ns[r] > 1000 * error_ns);
			assert_true(batch == 1 || (batch - 1) * runs_ns[r] <=
							  1000 * error_ns);
		}
	}
}

static void a_run_too_short_to_see_gets_the_largest_batch(void **state)
{
	(void)state;
	assert_int_equal(clinic_bench_batch(&any_clock, 0),
			 clinic_bench_batch(&any_clock, 1));
}

static void the_clock_has_a_step_and_a_price(void **state)
{
	struct clinic_clock clock = clinic_clock_measure();

	(void)state;
	assert_true(clock.resolution_ns >= 1);
	assert_true(clock.cost_ns >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_run_is_counted_and_observed_in_order),
		cmocka_unit_test(an_expected_answer_needs_no_run_to_find_it),
		cmocka_unit_test(an_unexpected_answer_stops_at_once),
		cmocka_unit_test(every_answer_is_checked),
		cmocka_unit_test(minimum_time_ends_at_the_last_slot),
		cmocka_unit_test(
			without_minimum_time_the_fewest_samples_are_kept),
		cmocka_unit_test(a_plan_that_cannot_be_carried_out_is_refused),
		cmocka_unit_test(load_is_one_sample_of_all_its_runs),
		cmocka_unit_test(load_checks_answers_too),
		cmocka_unit_test(a_batch_is_as_small_as_the_clock_allows),
		cmocka_unit_test(a_run_too_short_to_see_gets_the_largest_batch),
		cmocka_unit_test(the_clock_has_a_step_and_a_price),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
