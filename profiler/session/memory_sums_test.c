/* Tests the sums of allocations, by stage, call site and stack. */
#include "session/memory_sums.h"
#include "session/session_scene.h"

static void add_bytes(struct clinic_session *s, uint32_t stack, uint32_t stage,
		      uint64_t bytes)
{
	struct clinic_allocation row = {.stack_id = stack,
					.stage_id = stage,
					.allocations_count = 1,
					.bytes = bytes};

	scene_add(s, CLINIC_ALLOCATIONS, &row);
}

static void assert_sums(const struct clinic_allocation *sum, uint64_t times)
{
	assert_int_equal(sum->allocations_count, 1 * times);
	assert_int_equal(sum->frees_count, 2 * times);
	assert_int_equal(sum->bytes, 3 * times);
	assert_int_equal(sum->peak_bytes, 4 * times);
	assert_int_equal(sum->leaked_count, 5 * times);
	assert_int_equal(sum->leaked_bytes, 6 * times);
	assert_int_equal(sum->temporary_count, 7 * times);
	assert_int_equal(sum->lifetime_ns, 8 * times);
}

static void every_column_is_added_up(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_allocation row = {.stack_id = scene_stack(s, "main>make"),
					.allocations_count = 1,
					.frees_count = 2,
					.bytes = 3,
					.peak_bytes = 4,
					.leaked_count = 5,
					.leaked_bytes = 6,
					.temporary_count = 7,
					.lifetime_ns = 8};
	struct clinic_memory memory;

	(void)state;
	scene_add(s, CLINIC_ALLOCATIONS, &row);
	row.thread_id = scene_thread(s, 1, 2, "other");
	assert_int_equal(clinic_session_stage_id(s, "parse", &row.stage_id), 0);
	scene_add(s, CLINIC_ALLOCATIONS, &row);
	assert_int_equal(clinic_memory_sum(s, false, &memory), 0);
	assert_sums(&memory.all, 2);
	assert_sums(&memory.stage[0], 1);
	assert_sums(&memory.stage[row.stage_id], 1);
	assert_int_equal(memory.stacks_count, 1);
	assert_sums(&memory.stack[0].sum, 2);
	assert_int_equal(memory.sites_count, 1);
	assert_sums(&memory.site[0].sum, 2);
	clinic_memory_free(&memory);
	clinic_session_free(s);
}

static const char *site_name(const struct clinic_session *s,
			     const struct clinic_memory_site *site)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(s, CLINIC_FRAMES, &count);

	return clinic_session_text(s, frame[site->stack->frame_id].function_id);
}

/* A site is the function that called the wrapper, by all ways that lead to it.
 */
static void sites_are_the_programs_own_heaviest_first(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t light =
		scene_stack(s, "main>grow>operator new(unsigned long)");
	uint32_t heavy = scene_stack(s, "main>load>grow>malloc@/lib/libc.so.6");
	uint32_t small = scene_stack(s, "main>small");
	struct clinic_memory memory;

	(void)state;
	add_bytes(s, light, 0, 10);
	add_bytes(s, small, 0, 25);
	add_bytes(s, heavy, 0, 20);
	assert_int_equal(clinic_memory_sum(s, false, &memory), 0);
	assert_int_equal(memory.stacks_count, 3);
	assert_int_equal(memory.sites_count, 2);
	assert_string_equal(site_name(s, &memory.site[0]), "grow");
	assert_int_equal(memory.site[0].sum.bytes, 30);
	assert_int_equal(memory.site[0].stacks_count, 2);
	assert_int_equal(memory.site[0].stack[0].sum.bytes, 20);
	assert_int_equal(memory.site[0].stack[1].sum.bytes, 10);
	assert_int_equal(memory.site[0].sum.stack_id,
			 memory.site[0].stack[0].sum.stack_id);
	assert_string_equal(site_name(s, &memory.site[1]), "small");
	assert_int_equal(memory.site[1].stacks_count, 1);
	clinic_memory_free(&memory);
	/* With raw sites, each row is where the allocator was called. */
	assert_int_equal(clinic_memory_sum(s, true, &memory), 0);
	assert_int_equal(memory.sites_count, 3);
	assert_string_equal(site_name(s, &memory.site[0]), "small");
	assert_int_equal(memory.site[1].sum.stack_id, heavy);
	assert_int_equal(memory.site[2].sum.stack_id, light);
	clinic_memory_free(&memory);
	clinic_session_free(s);
}

/*
 * Blocks that were allocated before the recording began have no call site.
 * Bug: beside a site that only called malloc(0), their row was listed as one.
 */
static void a_row_of_frees_alone_is_no_site(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_allocation frees = {.frees_count = 9};
	struct clinic_memory memory;

	(void)state;
	scene_add(s, CLINIC_ALLOCATIONS, &frees);
	assert_int_equal(clinic_memory_sum(s, false, &memory), 0);
	assert_int_equal(memory.sites_count, 0);
	assert_int_equal(memory.all.frees_count, 9);
	clinic_memory_free(&memory);
	add_bytes(s, scene_stack(s, "main"), 0, 0); /* malloc(0) */
	assert_int_equal(clinic_memory_sum(s, false, &memory), 0);
	assert_int_equal(memory.sites_count, 1);
	clinic_memory_free(&memory);
	clinic_session_free(s);
}

static void a_program_that_allocated_nothing_was_observed(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_memory memory;

	(void)state;
	assert_false(clinic_memory_is_observed(s));
	clinic_session_quality(s)->allocations_observed = 1;
	assert_true(clinic_memory_is_observed(s));
	assert_int_equal(clinic_memory_sum(s, false, &memory), 0);
	assert_int_equal(memory.sites_count, 0);
	clinic_memory_free(&memory);
	clinic_session_quality(s)->allocations_observed = 0;
	add_bytes(s, 0, 0, 1);
	assert_true(clinic_memory_is_observed(s));
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_is_added_up),
		cmocka_unit_test(sites_are_the_programs_own_heaviest_first),
		cmocka_unit_test(a_row_of_frees_alone_is_no_site),
		cmocka_unit_test(a_program_that_allocated_nothing_was_observed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
