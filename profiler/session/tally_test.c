/* Tests self and total by group, where recursion counts once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/call_change.h"
#include "session/call_tree.h"
#include "session/quality.h"
#include "session/session.h"
#include "session/tally.h"

/*
 * "main>parse>parse 30" is one sample of 30 ns in a parse that parse called
 * under main. A name that ends in ' is inlined, one that ends in # is of the
 * kernel; ? is a frame without a name.
 */
static uint32_t frame_id(struct clinic_session *s, const char *name,
			 size_t length)
{
	struct clinic_frame frame = {.tier = CLINIC_TIER_SYMTAB};
	uint32_t id;

	clinic_session_library_id(s, "/bin/prog", NULL, &frame.library_id);
	if (name[length - 1] == '\'') {
		frame.inlined = 1;
		length--;
	} else if (name[length - 1] == '#') {
		frame.tier = CLINIC_TIER_KERNEL;
		length--;
	} else if (name[length - 1] == '?') {
		frame.tier = CLINIC_TIER_NONE;
		frame.address = (uint64_t)name[0];
		length = 0;
	}
	clinic_session_text_n_id(s, name, length, &frame.function_id);
	assert_int_equal(clinic_session_frame_id(s, &frame, &id), 0);
	return id;
}

static void add(struct clinic_session *s, const char *thread, const char *line)
{
	struct clinic_sample sample = {0};

	while (*line != ' ') {
		size_t length = strcspn(line, "> ");

		assert_int_equal(
			clinic_session_stack_id(s, sample.stack_id,
						frame_id(s, line, length),
						&sample.stack_id),
			0);
		line += length + (line[length] == '>');
	}
	sscanf(line, "%" SCNu64, &sample.weight_ns);
	clinic_session_thread_id(s, 1, 1, thread, &sample.thread_id);
	assert_int_equal(clinic_session_add(s, CLINIC_SAMPLES, &sample), 0);
}

static struct clinic_session *session_of(const char *const *lines)
{
	struct clinic_session *s;

	assert_int_equal(clinic_session_new(&s), 0);
	for (; *lines; lines++)
		add(s, "t", *lines);
	return s;
}

static const struct clinic_tally_row *row_of(struct clinic_session *s,
					     const struct clinic_tally *tally,
					     const char *name)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(s, CLINIC_FRAMES, &count);

	for (uint32_t i = 0; i < tally->count; i++)
		if (!strcmp(clinic_session_text(
				    s,
				    frame[tally->row[i].frame_id].function_id),
			    name))
			return &tally->row[i];
	fail_msg("no row for %s", name);
	return NULL;
}

static void self_and_total_of_a_known_tree(void **state)
{
	static const char *const lines[] = {"main>work>hash 70",
					    "main>work>hash 10", "main>work 15",
					    "main>idle 5", NULL};
	struct clinic_session *s = session_of(lines);
	struct clinic_tally tally;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(clinic_tally_make(s, CLINIC_BY_FUNCTION,
					   CLINIC_WEIGHT_CPU, &tally),
			 0);
	assert_int_equal(tally.whole, 100);
	assert_int_equal(tally.samples_count, 4);
	assert_int_equal(row_of(s, &tally, "hash")->self, 80);
	assert_int_equal(row_of(s, &tally, "hash")->self_samples_count, 2);
	assert_int_equal(row_of(s, &tally, "work")->self, 15);
	assert_int_equal(row_of(s, &tally, "work")->total, 95);
	assert_int_equal(row_of(s, &tally, "work")->total_samples_count, 3);
	assert_int_equal(row_of(s, &tally, "main")->self, 0);
	assert_int_equal(row_of(s, &tally, "main")->total, 100);
	assert_ptr_equal(row_of(s, &tally, "hash"), &tally.row[0]);
	for (uint32_t i = 0; i < tally.count; i++)
		sum += tally.row[i].self;
	assert_int_equal(sum, tally.whole);
	clinic_tally_free(&tally);
	clinic_session_free(s);
}

/* A function that is on a stack three times counts once. */
static void recursion_does_not_double_the_total(void **state)
{
	static const char *const lines[] = {"main>walk>walk>walk>leaf 60",
					    "main>walk>leaf>walk 30",
					    "main>walk 10", NULL};
	struct clinic_session *s = session_of(lines);
	struct clinic_tally tally;

	(void)state;
	assert_int_equal(clinic_tally_make(s, CLINIC_BY_FUNCTION,
					   CLINIC_WEIGHT_CPU, &tally),
			 0);
	assert_int_equal(row_of(s, &tally, "walk")->total, 100);
	assert_int_equal(row_of(s, &tally, "walk")->self, 40);
	assert_int_equal(row_of(s, &tally, "leaf")->total, 90);
	clinic_tally_free(&tally);
	clinic_session_free(s);
}

static void a_very_deep_stack_is_counted(void **state)
{
	struct clinic_session *s;
	struct clinic_tally tally;
	struct clinic_call_tree tree;
	struct clinic_sample sample = {.weight_ns = 7};
	uint32_t frame;

	(void)state;
	assert_int_equal(clinic_session_new(&s), 0);
	frame = frame_id(s, "down", 4);
	for (int i = 0; i < 500000; i++)
		clinic_session_stack_id(s, sample.stack_id, frame,
					&sample.stack_id);
	clinic_session_add(s, CLINIC_SAMPLES, &sample);
	assert_int_equal(clinic_tally_make(s, CLINIC_BY_FUNCTION,
					   CLINIC_WEIGHT_CPU, &tally),
			 0);
	assert_int_equal(row_of(s, &tally, "down")->total, 7);
	assert_int_equal(clinic_call_tree_start(&tree, false), 0);
	assert_int_equal(clinic_call_tree_add(&tree, 0, s, CLINIC_WEIGHT_CPU),
			 0);
	clinic_call_tree_sum(&tree);
	assert_int_equal(tree.node[0].total[0], 7);
	assert_int_equal(tree.count, 500002);
	clinic_call_tree_free(&tree);
	clinic_tally_free(&tally);
	clinic_session_free(s);
}

static void callers_share_the_callee(void **state)
{
	static const char *const lines[] = {
		"main>a>malloc 20", "main>b>malloc 60", "main>b>x>malloc 5",
		"malloc 15",        "main>a 900",       NULL};
	struct clinic_session *s = session_of(lines);
	struct clinic_tally tally;

	(void)state;
	assert_int_equal(
		clinic_tally_callers(s, "malloc", CLINIC_WEIGHT_CPU, &tally),
		0);
	assert_int_equal(tally.whole, 100);
	assert_int_equal(tally.samples_count, 4);
	assert_int_equal(row_of(s, &tally, "a")->total, 20);
	assert_int_equal(row_of(s, &tally, "b")->total, 60);
	assert_int_equal(row_of(s, &tally, "x")->total, 5);
	assert_int_equal(row_of(s, &tally, "")->total, 15); /* outermost */
	assert_int_equal(tally.count, 4);
	clinic_tally_free(&tally);
	assert_int_equal(
		clinic_tally_callers(s, "nobody", CLINIC_WEIGHT_CPU, &tally),
		0);
	assert_int_equal(tally.count, 0);
	clinic_tally_free(&tally);
	clinic_session_free(s);
}

static void lines_of_a_file_are_told_apart(void **state)
{
	struct clinic_session *s;
	struct clinic_frame frame = {.tier = CLINIC_TIER_DWARF};
	struct clinic_tally tally;

	(void)state;
	assert_int_equal(clinic_session_new(&s), 0);
	clinic_session_text_id(s, "x.c", &frame.file_id);
	clinic_session_text_id(s, "f", &frame.function_id);
	for (uint32_t i = 0; i < 6; i++) {
		struct clinic_sample sample = {.weight_ns = 10};
		uint32_t id;

		frame.line = 1 + i % 2;
		frame.address = i; /* many addresses, two lines */
		clinic_session_frame_id(s, &frame, &id);
		clinic_session_stack_id(s, 0, id, &sample.stack_id);
		clinic_session_add(s, CLINIC_SAMPLES, &sample);
	}
	assert_int_equal(
		clinic_tally_make(s, CLINIC_BY_LINE, CLINIC_WEIGHT_CPU, &tally),
		0);
	assert_int_equal(tally.count, 2);
	assert_int_equal(tally.row[0].self, 30);
	clinic_tally_free(&tally);
	assert_int_equal(clinic_tally_make(s, CLINIC_BY_FILE,
					   CLINIC_WEIGHT_SAMPLES, &tally),
			 0);
	assert_int_equal(tally.count, 1);
	assert_int_equal(tally.row[0].self, 6);
	clinic_tally_free(&tally);
	clinic_session_free(s);
}

static const char *node_name(const struct clinic_call_tree *tree, uint32_t node)
{
	return clinic_call_tree_text(tree, tree->node[node].name);
}

static void a_call_tree_is_by_thread_and_name(void **state)
{
	static const char *const lines[] = {"main>b 1",  "main>a'>x# 2",
					    "main>a' 4", "main>1?>2? 8",
					    "main>a 16", NULL};
	struct clinic_session *s = session_of(lines);
	struct clinic_call_tree tree;
	uint32_t *order;
	char listing[256] = "";

	(void)state;
	add(s, "other", "main 32");
	assert_int_equal(clinic_call_tree_start(&tree, false), 0);
	assert_int_equal(clinic_call_tree_add(&tree, 0, s, CLINIC_WEIGHT_CPU),
			 0);
	clinic_call_tree_sum(&tree);
	assert_int_equal(clinic_call_tree_by_name(&tree, &order), 0);
	for (uint32_t i = 0; i + 1 < tree.count; i++) {
		size_t end = strlen(listing);

		snprintf(listing + end, sizeof(listing) - end,
			 "%s:%u:%" PRIu64 " ", node_name(&tree, order[i]),
			 tree.node[order[i]].kind,
			 tree.node[order[i]].total[0]);
	}
	/* Two nameless frames in a row are one; a and inlined a are two. */
	assert_string_equal(listing, "other:1:32 main:2:32 t:1:31 main:2:31 "
				     "[prog]:5:8 a:3:6 x:4:2 a:2:16 b:2:1 ");
	free(order);
	clinic_call_tree_free(&tree);
	clinic_session_free(s);
}

static void changes_are_matched_by_function_alone(void **state)
{
	static const char *const before[] = {"main>slow>slow 60",
					     "main>same 40", NULL};
	static const char *const after[] = {"main>slow 10", "main>same 40",
					    NULL};
	struct clinic_session *base = session_of(before);
	struct clinic_session *fresh = session_of(after);
	struct clinic_call_tree tree;
	struct clinic_call_change *change;
	uint32_t count;

	(void)state;
	assert_int_equal(clinic_call_tree_start(&tree, true), 0);
	clinic_call_tree_add(&tree, 0, base, CLINIC_WEIGHT_CPU);
	clinic_call_tree_add(&tree, 1, fresh, CLINIC_WEIGHT_CPU);
	clinic_call_tree_sum(&tree);
	assert_int_equal(clinic_call_changes(&tree, &change, &count), 0);
	assert_int_equal(count, 3);
	/* 60 of 100 to 10 of 50, and 40 of 100 to 40 of 50: both by 40. */
	for (int i = 0; i < 2; i++) {
		bool slow = !strcmp(
			clinic_call_tree_text(&tree, change[i].name), "slow");

		assert_int_equal(change[i].self[0], slow ? 60 : 40);
		assert_int_equal(change[i].total[0], slow ? 60 : 40);
		assert_int_equal(change[i].self[1], slow ? 10 : 40);
	}
	assert_string_equal(clinic_call_tree_text(&tree, change[2].name),
			    "main");
	assert_int_equal(change[2].total[1], 50);
	free(change);
	clinic_call_tree_free(&tree);
	clinic_session_free(base);
	clinic_session_free(fresh);
}

static void quality_counts_tiers_and_broken_stacks(void **state)
{
	static const char *const lines[] = {"main>work 1", "main>sys# 1",
					    "main>1? 1", NULL};
	struct clinic_session *s = session_of(lines);
	struct clinic_sample cut = {.flags = CLINIC_SAMPLE_TRUNCATED |
					     CLINIC_SAMPLE_GUESSED};
	struct clinic_quality_counts counts;

	(void)state;
	clinic_session_add(s, CLINIC_SAMPLES, &cut);
	assert_int_equal(clinic_quality_count(s, &counts), 0);
	assert_int_equal(counts.samples_count, 4);
	assert_int_equal(counts.sampled_cpu_ns, 3);
	assert_int_equal(counts.truncated_count, 1);
	assert_int_equal(counts.guessed_count, 0);
	assert_int_equal(counts.leaves[CLINIC_TIER_SYMTAB], 1);
	assert_int_equal(counts.leaves[CLINIC_TIER_KERNEL], 1);
	assert_int_equal(counts.leaves[CLINIC_TIER_NONE], 2);
	assert_int_equal(counts.frames[CLINIC_TIER_SYMTAB], 4);
	assert_int_equal(counts.frames[CLINIC_TIER_NONE], 1);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(self_and_total_of_a_known_tree),
		cmocka_unit_test(recursion_does_not_double_the_total),
		cmocka_unit_test(a_very_deep_stack_is_counted),
		cmocka_unit_test(callers_share_the_callee),
		cmocka_unit_test(lines_of_a_file_are_told_apart),
		cmocka_unit_test(a_call_tree_is_by_thread_and_name),
		cmocka_unit_test(changes_are_matched_by_function_alone),
		cmocka_unit_test(quality_counts_tiers_and_broken_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
