/*
 * Tests parts of the preload library: arena, stages, call sites, live blocks.
 *
 * These parts can be linked into a test. It also runs with ASan and TSan,
 * because threads share them.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "preload/arena.h"
#include "preload/stack/call_sites.h"
#include "preload/alloc/live_blocks.h"
#include "preload/raw_json.h"
#include "preload/stage_table.h"

#define THREADS 4u
#define SITES   500u

static void in_threads(void *(*work)(void *), void *shared)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, shared), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void *take_blocks(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < 1000; i++) {
		char *block = arena_take(BLOCK_LOCK, 100);

		assert_non_null(block);
		for (size_t at = 0; at < 100; at++)
			assert_int_equal(block[at], 0);
		memset(block, 1, 100);
	}
	return NULL;
}

static void arena_blocks_are_apart_and_all_found(void **unused)
{
	const void *block = NULL;
	size_t count = 0;

	(void)unused;
	in_threads(take_blocks, NULL);
	while ((block = arena_next(BLOCK_LOCK, block)))
		count++;
	assert_int_equal(count, THREADS * 1000);
	arena_restart();
	assert_null(arena_next(BLOCK_LOCK, NULL));
}

static void *walk_blocks(void *unused)
{
	const char *block = NULL;
	size_t count = 0;

	(void)unused;
	while (count < THREADS * 1000) {
		const char *next = arena_next(BLOCK_SITE, block);

		count += next != NULL;
		block = next ? next : block;
	}
	return NULL;
}

static void *take_sites(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < 1000; i++)
		assert_non_null(arena_take(BLOCK_SITE, 100));
	return NULL;
}

static void a_walk_finds_all_blocks_that_threads_take_meanwhile(void **unused)
{
	pthread_t walker;

	(void)unused;
	assert_int_equal(pthread_create(&walker, NULL, walk_blocks, NULL), 0);
	in_threads(take_sites, NULL);
	pthread_join(walker, NULL);
	arena_restart();
}

static void stages_nest_and_end_out_of_order(void **unused)
{
	static struct stage_table table;
	uint16_t outer = stage_child(&table, STAGE_OUTSIDE, "outer");
	uint16_t inner = stage_child(&table, outer, "inner");

	(void)unused;
	assert_int_equal(stage_child(&table, STAGE_OUTSIDE, "outer"), outer);
	assert_int_not_equal(stage_child(&table, STAGE_OUTSIDE, "inner"),
			     inner);
	assert_true(stage_within(&table, inner, "outer"));
	assert_false(stage_within(&table, outer, "inner"));
	assert_int_equal(stage_after(&table, inner, "inner"), outer);
	/* The end of the outer one ends what is still open in it. */
	assert_int_equal(stage_after(&table, inner, "outer"), STAGE_OUTSIDE);
	assert_int_equal(stage_after(&table, inner, "never begun"), inner);
}

static void too_many_stages_are_counted_together(void **unused)
{
	static struct stage_table table;
	char name[16];

	(void)unused;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "stage %d", i);
		(void)stage_child(&table, STAGE_OUTSIDE, name);
	}
	assert_int_equal(stage_child(&table, STAGE_OUTSIDE, "one more"),
			 STAGE_OVERFLOW);
	assert_int_equal(stage_after(&table, STAGE_OVERFLOW, "one more"),
			 STAGE_OUTSIDE);
	assert_int_not_equal(stage_child(&table, STAGE_OUTSIDE, "stage 3"),
			     STAGE_OVERFLOW);
}

static struct stack stack_number(size_t number)
{
	struct stack stack = {.frames_count = 3,
			      .frames = {number, 0x1000, 0x2000}};

	return stack;
}

static void *intern_sites(void *ids)
{
	uint32_t *id = ids;

	for (size_t i = 0; i < SITES; i++) {
		struct stack stack = stack_number(i);
		uint32_t got = call_site_id(&stack, 0);

		assert_int_not_equal(got, 0);
		/* All threads get the same id, whichever is first. */
		if (!__atomic_load_n(&id[i], __ATOMIC_RELAXED))
			__atomic_store_n(&id[i], got, __ATOMIC_RELAXED);
		assert_int_equal(__atomic_load_n(&id[i], __ATOMIC_RELAXED),
				 got);
	}
	return NULL;
}

static void threads_agree_on_call_sites(void **unused)
{
	static uint32_t ids[SITES];
	struct stack stack = stack_number(7);

	(void)unused;
	in_threads(intern_sites, ids);
	for (size_t i = 1; i < SITES; i++)
		assert_int_not_equal(ids[i], ids[i - 1]);
	assert_int_not_equal(call_site_id(&stack, 1), ids[7]);
	assert_int_equal(call_site_find(ids[7])->frames[0], 7);
	assert_null(call_site_find(SITES_MAX));
}

static void neighbours_have_records_of_their_own(void **unused)
{
	(void)unused;
	for (uintptr_t shift = LIVE_GRANULE_16; shift <= LIVE_GRANULE_32;
	     shift++) {
		uintptr_t step = (uintptr_t)1 << shift;

		assert_true(live_open((enum live_granule)shift));
		for (uint64_t i = 0; i < 100; i++) {
			struct live_record record = {.bytes = i & 127,
						     .is_live = 1};

			live_put((const void *)(0x7f0000fffc10 + i * step),
				 &record);
		}
		for (uint64_t i = 0; i < 100; i++) {
			struct live_record taken = {0};

			assert_true(live_take(
				(const void *)(0x7f0000fffc10 + i * step),
				&taken));
			assert_int_equal(taken.bytes, i);
		}
	}
}

static void a_live_block_is_taken_once(void **unused)
{
	struct live_record record = {.site = 5, .bytes = 77, .is_live = 1};
	const void *block = (const void *)0x7f0012345670;
	struct live_record taken;

	(void)unused;
	assert_true(live_open(LIVE_GRANULE_16));
	assert_false(live_take(block, &taken));
	live_put(block, &record);
	assert_false(live_take((const void *)0x7f0012345680, &taken));
	assert_true(live_take(block, &taken));
	assert_int_equal(taken.site, 5);
	assert_int_equal(taken.bytes, 77);
	assert_false(live_take(block, &taken));
	live_put(block, &record);
	live_restart();
	assert_false(live_take(block, &taken));
}

/* A machine that is up for 5 days has counted beyond what a record holds. */
static void a_long_uptime_changes_no_age(void **unused)
{
	static const uint64_t starts[] = {0, (UINT64_C(1) << 50) - 32,
					  (UINT64_C(3) << 50) + 4096};

	(void)unused;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		struct live_record record = {
			.born = starts[i] >> LIVE_TICKS_SHIFT & LIVE_BORN_MAX};

		assert_int_equal(live_age_ticks(&record, starts[i]), 0);
		assert_int_equal(live_age_ticks(&record, starts[i] + 4800),
				 4800);
	}
}

static void json_survives_any_bytes(void **unused)
{
	static const char expected[] =
		"{\n\"a\":\"\\u0022\\u005c\\u000a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd"
		"\xef\xbf\xbd\",\n\"b\":18446744073709551615,\n\"c\":[true,"
		"null]}";
	struct raw_json json = {0};
	char text[200] = "";
	int ends[2];

	(void)unused;
	assert_int_equal(pipe(ends), 0);
	json.fd = ends[1];
	raw_json_open(&json, NULL, '{');
	raw_json_text(&json, "a", "\"\\\n\xff\xc3\xa9\xed\xa0");
	raw_json_count(&json, "b", UINT64_MAX);
	raw_json_open(&json, "c", '[');
	raw_json_bool(&json, NULL, true);
	raw_json_text(&json, NULL, NULL);
	raw_json_close(&json, ']');
	raw_json_close(&json, '}');
	assert_int_equal(raw_json_flush(&json), 0);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, expected);
	close(ends[0]);
	close(ends[1]);
}

static void json_keeps_its_first_error(void **unused)
{
	struct raw_json json = {.fd = -1};

	(void)unused;
	raw_json_text(&json, "a", "b");
	assert_true(raw_json_flush(&json) < 0);
	assert_true(raw_json_flush(&json) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_blocks_are_apart_and_all_found),
		cmocka_unit_test(
			a_walk_finds_all_blocks_that_threads_take_meanwhile),
		cmocka_unit_test(stages_nest_and_end_out_of_order),
		cmocka_unit_test(too_many_stages_are_counted_together),
		cmocka_unit_test(threads_agree_on_call_sites),
		cmocka_unit_test(neighbours_have_records_of_their_own),
		cmocka_unit_test(a_live_block_is_taken_once),
		cmocka_unit_test(a_long_uptime_changes_no_age),
		cmocka_unit_test(json_survives_any_bytes),
		cmocka_unit_test(json_keeps_its_first_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
