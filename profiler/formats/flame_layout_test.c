/* Tests where frames are drawn, and which libraries have a colour. */
#include <stdio.h>

#include "formats/flame_layout.h"
#include "session/session_scene.h"

static void assert_near(double got, double wanted)
{
	if (got < wanted - 1e-9 || got > wanted + 1e-9)
		fail_msg("%.9f is not %.9f", got, wanted);
}

/* The first node of this name; the test fails if there is none. */
static uint32_t node_of(const struct clinic_call_tree *tree, const char *name)
{
	for (uint32_t i = 1; i < tree->count; i++)
		if (!strcmp(clinic_call_tree_text(tree, tree->node[i].name),
			    name))
			return i;
	fail_msg("no node %s", name);
	return 0;
}

static void assert_place(const struct clinic_call_tree *tree,
			 const struct clinic_flame_layout *layout,
			 const char *name, uint32_t depth, double x,
			 double width)
{
	uint32_t node = node_of(tree, name);

	assert_int_equal(layout->depth[node], depth);
	assert_near(layout->x[node], x);
	assert_near(layout->width[node], width);
}

static void children_stand_side_by_side_by_name(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_call_tree tree;
	struct clinic_flame_layout layout;

	(void)state;
	scene_cpu(s, scene_stack(s, "main>work>hash"), 40);
	scene_cpu(s, scene_stack(s, "main>parse>read"), 25);
	scene_cpu(s, scene_stack(s, "main>parse"), 30);
	scene_cpu(s, scene_stack(s, "main>work>thin>thinner"), 5);
	assert_int_equal(
		clinic_call_tree_make(&tree, NULL, s, CLINIC_WEIGHT_CPU), 0);
	assert_int_equal(clinic_flame_layout_make(&tree, false, 0.06, &layout),
			 0);
	assert_near(layout.width[0], 1.0);
	assert_place(&tree, &layout, "main", 2, 0.0, 1.0); /* 1: the thread */
	assert_place(&tree, &layout, "parse", 3, 0.0, 0.55);
	assert_place(&tree, &layout, "read", 4, 0.0, 0.25);
	assert_place(&tree, &layout, "work", 3, 0.55, 0.45);
	assert_place(&tree, &layout, "hash", 4, 0.55, 0.40);
	assert_place(&tree, &layout, "thin", 4, 0.95, 0.05);
	/* Too narrow to draw: it needs no row. */
	assert_int_equal(layout.left_out_count, 2);
	assert_int_equal(layout.deepest, 4);
	clinic_flame_layout_free(&layout);
	clinic_call_tree_free(&tree);
	clinic_session_free(s);
}

static void a_difference_is_as_wide_as_the_mean_of_both(void **state)
{
	struct clinic_session *base = scene_new();
	struct clinic_session *fresh = scene_new();
	struct clinic_call_tree tree;
	struct clinic_flame_layout layout;

	(void)state;
	scene_cpu(base, scene_stack(base, "main>gone"), 60);
	scene_cpu(base, scene_stack(base, "main>same"), 40);
	scene_cpu(fresh, scene_stack(fresh, "main>same"), 5);
	assert_int_equal(
		clinic_call_tree_make(&tree, base, fresh, CLINIC_WEIGHT_CPU),
		0);
	assert_int_equal(clinic_flame_layout_make(&tree, true, 0.0, &layout),
			 0);
	assert_place(&tree, &layout, "gone", 2, 0.0, 0.3);
	assert_place(&tree, &layout, "same", 2, 0.3, 0.7);
	assert_near(clinic_flame_ratio(&tree, node_of(&tree, "gone"), 0), 0.6);
	assert_near(clinic_flame_ratio(&tree, node_of(&tree, "same"), 1), 1.0);
	assert_int_equal(layout.left_out_count, 0);
	clinic_flame_layout_free(&layout);
	clinic_call_tree_free(&tree);
	clinic_session_free(base);
	clinic_session_free(fresh);
}

/* The kernel has its own colour; the largest seven of the others have one. */
static void the_largest_libraries_have_colours(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_call_tree tree;
	struct clinic_flame_layout layout;
	char stack[32];

	(void)state;
	for (unsigned int i = 1; i <= 9; i++) {
		snprintf(stack, sizeof(stack), "f%u@/lib/%u.so", i, i);
		scene_cpu(s, scene_stack(s, stack), i);
	}
	assert_int_equal(
		clinic_call_tree_make(&tree, NULL, s, CLINIC_WEIGHT_CPU), 0);
	assert_int_equal(clinic_flame_layout_make(&tree, false, 0.0, &layout),
			 0);
	assert_int_equal(layout.named_count, 7);
	assert_string_equal(clinic_call_tree_text(&tree, layout.named[0]),
			    "/lib/9.so");
	assert_string_equal(clinic_call_tree_text(&tree, layout.named[6]),
			    "/lib/3.so");
	for (uint32_t i = 0; i < layout.named_count; i++)
		assert_int_equal(layout.colour[layout.named[i]], i + 1);
	assert_int_equal(layout.colour[tree.node[node_of(&tree, "f2")].library],
			 0);
	clinic_flame_layout_free(&layout);
	clinic_call_tree_free(&tree);
	clinic_session_free(s);
}

static void the_kernel_and_what_has_no_library_have_none(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_frame kernel = {.tier = CLINIC_TIER_KERNEL};
	struct clinic_call_tree tree;
	struct clinic_flame_layout layout;
	uint32_t frame, stack;

	(void)state;
	kernel.function_id = scene_text(s, "sys_read");
	assert_int_equal(clinic_session_library_id(s, "[kernel]", NULL,
						   &kernel.library_id),
			 0);
	assert_int_equal(clinic_session_frame_id(s, &kernel, &frame), 0);
	assert_int_equal(clinic_session_stack_id(s, scene_stack(s, "main"),
						 frame, &stack),
			 0);
	scene_cpu(s, stack, 9);
	scene_cpu(s, scene_stack(s, "f@/bin/prog"), 1);
	assert_int_equal(
		clinic_call_tree_make(&tree, NULL, s, CLINIC_WEIGHT_CPU), 0);
	assert_int_equal(clinic_flame_layout_make(&tree, false, 0.0, &layout),
			 0);
	assert_int_equal(layout.named_count, 1);
	assert_string_equal(clinic_call_tree_text(&tree, layout.named[0]),
			    "/bin/prog");
	clinic_flame_layout_free(&layout);
	clinic_call_tree_free(&tree);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_stand_side_by_side_by_name),
		cmocka_unit_test(a_difference_is_as_wide_as_the_mean_of_both),
		cmocka_unit_test(the_largest_libraries_have_colours),
		cmocka_unit_test(the_kernel_and_what_has_no_library_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
