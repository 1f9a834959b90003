/* Tests the ratios of reports, and the order of their tables. */
#include <stdlib.h>

#include "session/figures.h"
#include "session/session_scene.h"

/* Ratios of small numbers whose quotients are exact in binary. */
static void assert_ratio(double got, double wanted)
{
	if (got < wanted || got > wanted)
		fail_msg("%f is not %f", got, wanted);
}

static void a_ratio_is_unknown_without_what_it_is_made_of(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_quality *quality = clinic_session_quality(s);
	struct clinic_quality_counts counts = {.sampled_cpu_ns = 30};

	(void)state;
	quality->accounted_cpu_ns = 40;
	assert_ratio(clinic_figure_reconciliation(s, &counts), -1.0);
	counts.samples_count = 1;
	assert_ratio(clinic_figure_reconciliation(s, &counts), 0.75);
	quality->accounted_cpu_ns = 0;
	assert_ratio(clinic_figure_reconciliation(s, &counts), -1.0);

	quality->collector_cpu_ns = 10;
	assert_ratio(clinic_figure_overhead(s), -1.0);
	quality->accounted_cpu_ns = 40;
	assert_ratio(clinic_figure_overhead(s), 0.25);
	quality->collector_cpu_ns = 0;
	assert_ratio(clinic_figure_overhead(s), -1.0);
	clinic_session_free(s);
}

static void kernel_time_without_samples_is_blind(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_quality *quality = clinic_session_quality(s);

	(void)state;
	assert_ratio(clinic_figure_blind(s), 0.0);
	quality->accounted_cpu_ns = 8;
	quality->accounted_kernel_ns = 2;
	assert_ratio(clinic_figure_blind(s), 0.25);
	quality->kernel_visible = 1;
	assert_ratio(clinic_figure_blind(s), 0.0);
	clinic_session_free(s);
}

static void names_and_whole_stacks_are_shares(void **state)
{
	uint64_t tiers[CLINIC_TIERS] = {0};
	struct clinic_quality_counts counts = {
		.samples_count = 8, .truncated_count = 1, .guessed_count = 3};

	(void)state;
	assert_ratio(clinic_figure_symbolised(tiers), 0.0);
	tiers[CLINIC_TIER_NONE] = 1;
	assert_ratio(clinic_figure_symbolised(tiers), 0.0);
	tiers[CLINIC_TIER_SYMTAB] = 1;
	tiers[CLINIC_TIER_DWARF] = 1;
	tiers[CLINIC_TIER_KERNEL] = 1;
	assert_ratio(clinic_figure_symbolised(tiers), 0.75);
	assert_ratio(clinic_figure_complete(&counts), 0.5);
	counts = (struct clinic_quality_counts){0};
	assert_ratio(clinic_figure_complete(&counts), -1.0);
}

/* Sampled weights have an interval; what was counted exactly has none. */
static void only_samples_have_an_interval(void **state)
{
	struct clinic_tally tally = {.whole = 100, .squares = 1000.0};
	struct clinic_share share =
		clinic_figure_share(&tally, CLINIC_WEIGHT_CPU, 25);
	struct clinic_share wanted = clinic_share_of(25, 100, 10.0);

	(void)state;
	assert_ratio(share.ratio, 0.25);
	assert_ratio(share.low, wanted.low);
	assert_ratio(share.high, wanted.high);
	share = clinic_figure_share(&tally, CLINIC_WEIGHT_BYTES, 25);
	assert_ratio(share.low, 0.25);
	assert_ratio(share.high, 0.25);
}

static void add_metric(struct clinic_session *s, uint32_t pid,
		       uint64_t rss_bytes)
{
	struct clinic_metric metric = {.pid = pid, .rss_bytes = rss_bytes};

	scene_add(s, CLINIC_METRICS, &metric);
}

static void the_largest_process_is_the_latest_of_equals(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_metric largest;

	(void)state;
	assert_false(clinic_figure_largest(s, &largest));
	add_metric(s, 1, 0);
	assert_false(clinic_figure_largest(s, &largest));
	add_metric(s, 2, 4096);
	add_metric(s, 3, 8192);
	add_metric(s, 4, 8192);
	add_metric(s, 5, 4096);
	assert_true(clinic_figure_largest(s, &largest));
	assert_int_equal(largest.pid, 4);
	assert_int_equal(largest.rss_bytes, 8192);
	clinic_session_free(s);
}

static void add_lock(struct clinic_session *s, const char *stack,
		     uint64_t wait_ns, uint64_t acquisitions_count)
{
	struct clinic_lock lock = {.stack_id = scene_stack(s, stack),
				   .wait_ns = wait_ns,
				   .acquisitions_count = acquisitions_count};

	scene_add(s, CLINIC_LOCKS, &lock);
}

static void locks_are_sorted_by_wait_then_use_then_stack(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t first = scene_stack(s, "first");
	uint32_t second = scene_stack(s, "second");
	struct clinic_lock *lock;
	uint32_t count;

	(void)state;
	lock = clinic_figure_locks(s, &count);
	assert_int_equal(count, 0);
	assert_non_null(lock); /* NULL would mean: out of memory */
	free(lock);
	add_lock(s, "used", 5, 1);
	add_lock(s, "second", 5, 2);
	add_lock(s, "first", 5, 2);
	add_lock(s, "waited", 6, 0);
	lock = clinic_figure_locks(s, &count);
	assert_int_equal(count, 4);
	assert_int_equal(lock[0].wait_ns, 6);
	assert_int_equal(lock[1].stack_id, first);
	assert_int_equal(lock[2].stack_id, second);
	assert_int_equal(lock[3].acquisitions_count, 1);
	free(lock);
	clinic_session_free(s);
}

static void add_peak(struct clinic_session *s, uint32_t pid, uint64_t bytes)
{
	struct clinic_resident_peak peak = {.pid = pid, .bytes = bytes};

	scene_add(s, CLINIC_RESIDENT_PEAKS, &peak);
}

static void peaks_are_sorted_by_size_then_process(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_resident_peak *peak;
	uint32_t count;

	(void)state;
	peak = clinic_figure_resident(s, &count);
	assert_int_equal(count, 0);
	assert_non_null(peak);
	free(peak);
	add_peak(s, 1, 10);
	add_peak(s, 9, 20);
	add_peak(s, 7, 20);
	add_peak(s, 8, 30);
	peak = clinic_figure_resident(s, &count);
	assert_int_equal(count, 4);
	assert_int_equal(peak[0].pid, 8);
	assert_int_equal(peak[1].pid, 7);
	assert_int_equal(peak[2].pid, 9);
	assert_int_equal(peak[3].pid, 1);
	free(peak);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ratio_is_unknown_without_what_it_is_made_of),
		cmocka_unit_test(kernel_time_without_samples_is_blind),
		cmocka_unit_test(names_and_whole_stacks_are_shares),
		cmocka_unit_test(only_samples_have_an_interval),
		cmocka_unit_test(the_largest_process_is_the_latest_of_equals),
		cmocka_unit_test(locks_are_sorted_by_wait_then_use_then_stack),
		cmocka_unit_test(peaks_are_sorted_by_size_then_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
