/* Tests the names of nodes, their order, and which functions have changed most.
 */
#include <stdlib.h>

#include "session/call_change.h"
#include "session/call_tree.h"
#include "session/session_scene.h"
#include "session/tally.h"

static const char *name_of(const struct clinic_call_tree *tree, uint32_t node)
{
	return clinic_call_tree_text(tree, tree->node[node].name);
}

/* The names of all nodes but the threads, depth first. */
static void assert_names(const struct clinic_session *s, const char *wanted)
{
	struct clinic_call_tree tree;
	char names[512] = "";
	uint32_t *order;

	assert_int_equal(
		clinic_call_tree_make(&tree, NULL, s, CLINIC_WEIGHT_CPU), 0);
	assert_int_equal(clinic_call_tree_by_name(&tree, &order), 0);
	for (uint32_t i = 0; i + 1 < tree.count; i++) {
		if (tree.node[order[i]].kind == CLINIC_CALL_THREAD)
			continue;
		strncat(names, name_of(&tree, order[i]),
			sizeof(names) - strlen(names) - 1);
		strncat(names, "\n", sizeof(names) - strlen(names) - 1);
	}
	assert_string_equal(names, wanted);
	free(order);
	clinic_call_tree_free(&tree);
}

#define TEN "0123456789"
#define LONG                                                                   \
	TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN /* 120 characters */

static void code_without_a_name_is_named_by_its_library(void **state)
{
	struct clinic_session *s = scene_new();

	(void)state;
	scene_cpu(s, scene_stack(s, "@/usr/lib/libx.so"), 1);
	scene_cpu(s, scene_stack(s, "@[vdso]"), 1);
	scene_cpu(s, scene_stack(s, "@plain"), 1);
	scene_cpu(s, scene_stack(s, "main>"), 1);
	scene_cpu(s, scene_stack(s, "@/" LONG TEN), 1);
	assert_names(s, "[" LONG "01234]\n[libx.so]\n[plain]\n[vdso]\nmain\n");
	clinic_session_free(s);
}

/* Two nameless frames of one library tell nothing more than one. */
static void nameless_callers_of_a_library_are_one_node(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_frame frame = {.address = 1};
	uint32_t id, stack = CLINIC_STACK_ROOT;

	(void)state;
	assert_int_equal(clinic_session_library_id(s, "/lib/a.so", NULL,
						   &frame.library_id),
			 0);
	for (; frame.address < 4; frame.address++) {
		assert_int_equal(clinic_session_frame_id(s, &frame, &id), 0);
		assert_int_equal(clinic_session_stack_id(s, stack, id, &stack),
				 0);
	}
	stack = scene_push(s, stack, "@/lib/b.so", 10);
	scene_cpu(s, stack, 1);
	assert_names(s, "[a.so]\n[b.so]\n");
	clinic_session_free(s);
}

static void functions_of_two_libraries_are_two_nodes(void **state)
{
	struct clinic_session *s = scene_new();

	(void)state;
	scene_cpu(s, scene_stack(s, "f@/lib/a.so>g"), 1);
	scene_cpu(s, scene_stack(s, "f@/lib/b.so>g"), 1);
	scene_cpu(s, scene_stack(s, "e"), 1);
	scene_cpu(s, scene_stack(s, "weightless"), 0);
	assert_names(s, "e\nf\ng\nf\ng\n");
	clinic_session_free(s);
}

static void samples_and_squares_are_added_up(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_call_tree tree;

	(void)state;
	scene_cpu(s, scene_stack(s, "main>f"), 3);
	scene_cpu(s, scene_stack(s, "main>f"), 4);
	scene_cpu(s, scene_stack(s, "main"), 5);
	assert_int_equal(
		clinic_call_tree_make(&tree, NULL, s, CLINIC_WEIGHT_CPU), 0);
	assert_int_equal((int64_t)tree.squares[0], 9 + 16 + 25);
	assert_int_equal((int64_t)tree.squares[1], 0);
	for (uint32_t i = 1; i < tree.count; i++) {
		bool is_leaf = !strcmp(name_of(&tree, i), "f");

		assert_int_equal(tree.node[i].samples_count[0],
				 is_leaf ? 2 : 3);
		assert_int_equal(tree.node[i].total[0], is_leaf ? 7 : 12);
	}
	assert_int_equal(tree.node[0].total[0], 12);
	assert_int_equal(tree.node[0].samples_count[0], 3);
	clinic_call_tree_free(&tree);
	clinic_session_free(s);
}

/* By the change of the share of itself, then by that of the total. */
static void the_largest_changes_come_first(void **state)
{
	static const char *const wanted[] = {"new", "same", "old", "main"};
	struct clinic_session *base = scene_new();
	struct clinic_session *fresh = scene_new();
	struct clinic_call_tree tree;
	struct clinic_call_change *change;
	uint32_t count;

	(void)state;
	/* old: 20 to 0 %; same: 70 to 45 %; new: 0 to 45 %; main: 10 to 10. */
	scene_cpu(base, scene_stack(base, "main>old"), 20);
	scene_cpu(base, scene_stack(base, "main>same"), 70);
	scene_cpu(base, scene_stack(base, "main"), 10);
	scene_cpu(fresh, scene_stack(fresh, "main>same"), 90);
	scene_cpu(fresh, scene_stack(fresh, "main>new"), 90);
	scene_cpu(fresh, scene_stack(fresh, "main"), 20);
	assert_int_equal(
		clinic_call_tree_make(&tree, base, fresh, CLINIC_WEIGHT_CPU),
		0);
	assert_int_equal(clinic_call_changes(&tree, &change, &count), 0);
	assert_int_equal(count, 4);
	for (uint32_t i = 0; i < count; i++)
		assert_string_equal(
			clinic_call_tree_text(&tree, change[i].name),
			wanted[i]);
	assert_int_equal(change[3].total[0], 100);
	assert_int_equal(change[3].total[1], 200);
	free(change);
	clinic_call_tree_free(&tree);
	clinic_session_free(base);
	clinic_session_free(fresh);
}

static uint32_t push_line(struct clinic_session *s, const char *library,
			  const char *file, uint32_t line, uint64_t address)
{
	struct clinic_frame frame = {.line = line, .address = address};
	uint32_t id, stack;

	frame.file_id = scene_text(s, file);
	assert_int_equal(
		clinic_session_library_id(s, library, NULL, &frame.library_id),
		0);
	assert_int_equal(clinic_session_frame_id(s, &frame, &id), 0);
	assert_int_equal(clinic_session_stack_id(s, 0, id, &stack), 0);
	return stack;
}

static void assert_groups(const struct clinic_session *s,
			  enum clinic_group group, uint32_t count,
			  uint64_t heaviest)
{
	struct clinic_tally tally;

	assert_int_equal(clinic_tally_make(s, group, CLINIC_WEIGHT_CPU, &tally),
			 0);
	assert_int_equal(tally.count, count);
	assert_int_equal(tally.row[0].self, heaviest);
	clinic_tally_free(&tally);
}

/* A header's lines are compiled into many libraries, and are the same lines. */
static void a_header_is_one_file_of_all_libraries(void **state)
{
	struct clinic_session *s = scene_new();

	(void)state;
	scene_cpu(s, push_line(s, "/lib/a.so", "x.h", 1, 1), 10);
	scene_cpu(s, push_line(s, "/lib/b.so", "x.h", 1, 2), 20);
	scene_cpu(s, push_line(s, "/lib/b.so", "x.h", 2, 3), 4);
	scene_cpu(s, push_line(s, "/lib/b.so", "", 0, 4), 1);
	scene_cpu(s, push_line(s, "/lib/a.so", "", 0, 5), 2);
	assert_groups(s, CLINIC_BY_LINE, 4, 30);
	assert_groups(s, CLINIC_BY_FILE, 3, 34);
	assert_groups(s, CLINIC_BY_LIBRARY, 2, 25);
	assert_groups(s, CLINIC_BY_FUNCTION, 2, 25); /* none has a name */
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_without_a_name_is_named_by_its_library),
		cmocka_unit_test(nameless_callers_of_a_library_are_one_node),
		cmocka_unit_test(functions_of_two_libraries_are_two_nodes),
		cmocka_unit_test(samples_and_squares_are_added_up),
		cmocka_unit_test(the_largest_changes_come_first),
		cmocka_unit_test(a_header_is_one_file_of_all_libraries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
