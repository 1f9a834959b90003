/* Tests interning, appending, limits and references of a session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/session.h"
#include "session/window.h"

static int fresh(void **state)
{
	struct clinic_session *session;

	assert_int_equal(clinic_session_new(&session), 0);
	*state = session;
	return 0;
}

static int done(void **state)
{
	clinic_session_free(*state);
	return 0;
}

static uint32_t text(struct clinic_session *s, const char *what)
{
	uint32_t id;

	assert_int_equal(clinic_session_text_id(s, what, &id), 0);
	return id;
}

static uint32_t frame(struct clinic_session *s, const char *function)
{
	struct clinic_frame f = {.function_id = text(s, function),
				 .tier = CLINIC_TIER_SYMTAB};
	uint32_t id;

	assert_int_equal(clinic_session_frame_id(s, &f, &id), 0);
	return id;
}

static uint32_t stack(struct clinic_session *s, uint32_t parent,
		      const char *function)
{
	uint32_t id;

	assert_int_equal(
		clinic_session_stack_id(s, parent, frame(s, function), &id), 0);
	return id;
}

static uint32_t rows(struct clinic_session *s, enum clinic_table table)
{
	uint32_t count;

	clinic_session_rows(s, table, &count);
	return count;
}

static void same_content_has_the_same_id(void **state)
{
	struct clinic_session *s = *state;
	uint32_t thread;
	uint32_t again;

	assert_int_equal(text(s, "a"), text(s, "a"));
	assert_int_not_equal(text(s, "a"), text(s, "b"));
	assert_int_equal(text(s, ""), 0);
	assert_int_equal(stack(s, stack(s, 0, "main"), "work"),
			 stack(s, stack(s, 0, "main"), "work"));
	assert_int_equal(rows(s, CLINIC_STACKS), 3); /* root, main, work */
	assert_int_equal(clinic_session_thread_id(s, 1, 2, "t", &thread), 0);
	assert_int_equal(clinic_session_thread_id(s, 1, 2, "t", &again), 0);
	assert_int_equal(thread, again);
	assert_int_equal(clinic_session_thread_id(s, 1, 2, "u", &again), 0);
	assert_int_not_equal(thread, again);
}

static void row_zero_means_none_everywhere(void **state)
{
	struct clinic_session *s = *state;
	struct clinic_sample nothing = {0};
	struct clinic_frame none = {0};
	uint32_t id;

	assert_int_equal(clinic_session_add(s, CLINIC_SAMPLES, &nothing), 0);
	assert_int_equal(clinic_session_frame_id(s, &none, &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(clinic_session_stack_id(s, 0, 0, &id), 0);
	assert_int_equal(id, CLINIC_STACK_ROOT);
}

static void a_reference_to_nowhere_is_refused(void **state)
{
	struct clinic_session *s = *state;
	struct clinic_sample sample = {.stack_id = 7};
	struct clinic_frame f = {.tier = CLINIC_TIERS};
	uint32_t id;

	assert_int_equal(clinic_session_add(s, CLINIC_SAMPLES, &sample),
			 -ERANGE);
	assert_int_equal(clinic_session_frame_id(s, &f, &id), -ERANGE);
	f = (struct clinic_frame){.function_id = 99};
	assert_int_equal(clinic_session_frame_id(s, &f, &id), -ERANGE);
	assert_int_equal(clinic_session_stack_id(s, 5, 0, &id), -ERANGE);
	assert_int_equal(rows(s, CLINIC_SAMPLES), 0);
	assert_int_equal(rows(s, CLINIC_FRAMES), 1);
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
	struct clinic_session *s = *state;
	static const struct {
		const char *from;
		const char *to;
	} cases[] = {
		{"caf\xc3\xa9", "caf\xc3\xa9"},
		{"\xf0\x9f\x94\xa5", "\xf0\x9f\x94\xa5"},
		{"a\xff"
		 "b",
		 "a\xef\xbf\xbd"
		 "b"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
		{"\xed\xa0\x80",                          /* a surrogate */
		 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
			clinic_session_text(s, text(s, cases[i].from)),
			cases[i].to);
}

/* Bug class: pointers into tables that move as they grow. */
static void texts_stay_where_they_are(void **state)
{
	struct clinic_session *s = *state;
	const char *first = clinic_session_text(s, text(s, "first"));
	char name[32];

	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "function_%d", i);
		text(s, name);
	}
	assert_ptr_equal(first, clinic_session_text(s, text(s, "first")));
	assert_string_equal(first, "first");
	assert_string_equal(clinic_session_text(s, 100001), "function_99999");
	assert_string_equal(clinic_session_text(s, 100002), "");
}

static uint32_t deep_stack(struct clinic_session *s, unsigned int depth)
{
	uint32_t id = CLINIC_STACK_ROOT;

	for (unsigned int i = 0; i < depth; i++)
		id = stack(s, id, i % 2 ? "odd" : "even");
	return id;
}

static void many_rows_keep_their_content(void **state)
{
	struct clinic_session *s = *state;
	uint32_t leaf = deep_stack(s, 1000);
	const struct clinic_sample *sample;
	uint32_t count;

	for (uint32_t i = 0; i < 200000; i++) {
		struct clinic_sample one = {.time_ns = i,
					    .weight_ns = i * 3ull,
					    .stack_id = i % (leaf + 1)};

		assert_int_equal(clinic_session_add(s, CLINIC_SAMPLES, &one),
				 0);
	}
	sample = clinic_session_rows(s, CLINIC_SAMPLES, &count);
	assert_int_equal(count, 200000);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(sample[i].weight_ns, i * 3ull);
		assert_int_equal(sample[i].stack_id, i % (leaf + 1));
	}
}

static void fill_one_run(struct clinic_session *s, const char *leaf)
{
	struct clinic_sample sample = {.time_ns = 5, .weight_ns = 10};
	struct clinic_allocation allocation = {.bytes = 64,
					       .allocations_count = 2};

	text(s, leaf); /* so that ids differ between the two sessions */
	sample.stack_id = stack(s, stack(s, 0, "main"), leaf);
	assert_int_equal(
		clinic_session_thread_id(s, 9, 9, "worker", &sample.thread_id),
		0);
	assert_int_equal(clinic_session_stage_id(s, "dedup", &sample.stage_id),
			 0);
	allocation.stack_id = sample.stack_id;
	assert_int_equal(clinic_session_add(s, CLINIC_SAMPLES, &sample), 0);
	assert_int_equal(clinic_session_add(s, CLINIC_ALLOCATIONS, &allocation),
			 0);
	assert_int_equal(clinic_session_add_note(s, 1, leaf), 0);
	clinic_session_quality(s)->lost_count = 3;
	clinic_session_quality(s)->peak_bytes = strlen(leaf);
}

static const char *leaf_of(struct clinic_session *s, uint32_t id)
{
	uint32_t count;
	const struct clinic_stack *st =
		clinic_session_rows(s, CLINIC_STACKS, &count);
	const struct clinic_frame *fr =
		clinic_session_rows(s, CLINIC_FRAMES, &count);

	return clinic_session_text(s, fr[st[id].frame_id].function_id);
}

static void merging_keeps_what_rows_mean(void **state)
{
	struct clinic_session *s = *state;
	struct clinic_session *other;
	const struct clinic_sample *sample;
	const struct clinic_allocation *allocation;
	const struct clinic_note *note;
	uint32_t count;

	assert_int_equal(clinic_session_new(&other), 0);
	text(s, "unrelated");
	fill_one_run(s, "hash");
	fill_one_run(other, "compare");
	clinic_session_metadata(other)->command_id = text(other, "./prog");
	assert_int_equal(clinic_session_merge(s, other), 0);
	clinic_session_free(other);

	sample = clinic_session_rows(s, CLINIC_SAMPLES, &count);
	assert_int_equal(count, 2);
	assert_string_equal(leaf_of(s, sample[0].stack_id), "hash");
	assert_string_equal(leaf_of(s, sample[1].stack_id), "compare");
	assert_int_equal(sample[0].thread_id, sample[1].thread_id);
	assert_int_equal(sample[0].stage_id, sample[1].stage_id);
	allocation = clinic_session_rows(s, CLINIC_ALLOCATIONS, &count);
	assert_string_equal(leaf_of(s, allocation[1].stack_id), "compare");
	note = clinic_session_rows(s, CLINIC_NOTES, &count);
	assert_string_equal(clinic_session_text(s, note[1].text_id), "compare");
	assert_int_equal(rows(s, CLINIC_STACKS), 4); /* main is one */
	assert_int_equal(clinic_session_quality(s)->lost_count, 6);
	assert_int_equal(clinic_session_quality(s)->peak_bytes, 7);
	assert_string_equal(
		clinic_session_text(s, clinic_session_metadata(s)->command_id),
		"./prog");
}

/* Bug: after two runs on one machine, each of its refusals was listed twice. */
static void merged_runs_tell_a_thing_once(void **state)
{
	struct clinic_session *s = *state;
	struct clinic_session *other;

	assert_int_equal(clinic_session_new(&other), 0);
	assert_int_equal(clinic_session_add_refusal(other, "perf cycles",
						    ENOENT, "no counter"),
			 0);
	assert_int_equal(clinic_session_add_note(other, 1, "slow"), 0);
	text(s, "unrelated");
	assert_int_equal(clinic_session_merge(s, other), 0);
	assert_int_equal(clinic_session_merge(s, other), 0);
	clinic_session_free(other);
	assert_int_equal(rows(s, CLINIC_REFUSALS), 1);
	assert_int_equal(rows(s, CLINIC_NOTES), 1);
}

static void a_window_keeps_its_time_only(void **state)
{
	struct clinic_session *s = *state;
	const struct clinic_sample *sample;
	uint32_t count;

	for (uint64_t time_ns = 0; time_ns < 100; time_ns += 10) {
		struct clinic_sample one = {.time_ns = time_ns};
		struct clinic_metric metric = {.time_ns = time_ns};

		assert_int_equal(clinic_session_add(s, CLINIC_SAMPLES, &one),
				 0);
		assert_int_equal(clinic_session_add(s, CLINIC_METRICS, &metric),
				 0);
	}
	clinic_session_quality(s)->accounted_cpu_ns = 100;
	assert_int_equal(clinic_session_keep(s, 30, 60), 0);
	sample = clinic_session_rows(s, CLINIC_SAMPLES, &count);
	assert_int_equal(count, 3);
	assert_int_equal(sample[0].time_ns, 30);
	assert_int_equal(sample[2].time_ns, 50);
	assert_int_equal(rows(s, CLINIC_METRICS), 3);
	/* The accounted CPU time of the whole says nothing about a part. */
	assert_int_equal(clinic_session_quality(s)->accounted_cpu_ns, 0);
}

static void add_change(struct clinic_session *s, uint64_t time_ns,
		       uint32_t stage_id, uint64_t count)
{
	struct clinic_allocation_change change = {
		.time_ns = time_ns,
		.stage_id = stage_id,
		.allocations_count = count,
		.bytes = count * 10,
		.frees_count = 1,
		.freed_bytes = 5,
	};

	assert_int_equal(
		clinic_session_add(s, CLINIC_ALLOCATION_CHANGES, &change), 0);
}

/* Allocations and locks of a part of the time are the sums of its changes. */
static void a_window_sums_changes(void **state)
{
	struct clinic_session *s = *state;
	struct clinic_allocation whole = {.allocations_count = 1000};
	struct clinic_lock_change wait = {
		.time_ns = 40, .wait_ns = 7, .contended_count = 1};
	const struct clinic_allocation *sums;
	const struct clinic_lock *locks;
	uint32_t stage, count;

	assert_int_equal(clinic_session_stage_id(s, "parse", &stage), 0);
	assert_int_equal(clinic_session_add(s, CLINIC_ALLOCATIONS, &whole), 0);
	add_change(s, 20, 0, 100);
	add_change(s, 30, 0, 1);
	add_change(s, 40, stage, 2);
	add_change(s, 50, 0, 3);
	add_change(s, 60, stage, 100);
	assert_int_equal(clinic_session_add(s, CLINIC_LOCK_CHANGES, &wait), 0);
	assert_int_equal(clinic_session_add(s, CLINIC_LOCK_CHANGES, &wait), 0);
	assert_int_equal(clinic_session_keep(s, 30, 60), 0);
	sums = clinic_session_rows(s, CLINIC_ALLOCATIONS, &count);
	assert_int_equal(count, 2);
	assert_int_equal(sums[0].allocations_count, 4);
	assert_int_equal(sums[0].bytes, 40);
	assert_int_equal(sums[0].frees_count, 2);
	assert_int_equal(sums[1].stage_id, stage);
	assert_int_equal(sums[1].allocations_count, 2);
	locks = clinic_session_rows(s, CLINIC_LOCKS, &count);
	assert_int_equal(count, 1);
	assert_int_equal(locks->wait_ns, 14);
	assert_int_equal(locks->contended_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_content_has_the_same_id,
						fresh, done),
		cmocka_unit_test_setup_teardown(row_zero_means_none_everywhere,
						fresh, done),
		cmocka_unit_test_setup_teardown(
			a_reference_to_nowhere_is_refused, fresh, done),
		cmocka_unit_test_setup_teardown(
			bytes_that_are_no_utf8_are_replaced, fresh, done),
		cmocka_unit_test_setup_teardown(texts_stay_where_they_are,
						fresh, done),
		cmocka_unit_test_setup_teardown(many_rows_keep_their_content,
						fresh, done),
		cmocka_unit_test_setup_teardown(merged_runs_tell_a_thing_once,
						fresh, done),
		cmocka_unit_test_setup_teardown(merging_keeps_what_rows_mean,
						fresh, done),
		cmocka_unit_test_setup_teardown(a_window_keeps_its_time_only,
						fresh, done),
		cmocka_unit_test_setup_teardown(a_window_sums_changes, fresh,
						done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
