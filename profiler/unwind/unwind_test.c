/*
 * Tests walks over ordinary calls: whole, cut short, repeated, in many threads.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "unwind/unwind_scene.h"

static void callers_are_found_to_the_outermost(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, scene_walk);
	scene_expect_callers(s, 1);
	scene_expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	assert_int_equal(s->unwinder.ends_count[CLINIC_END_OUTERMOST], 1);
	assert_int_equal(s->unwinder.truths_count[CLINIC_UNWIND_COMPLETE], 1);
	free(s);
}

static void walk_twice(struct scene *s)
{
	scene_walk(s);
	scene_walk(s);
}

static void a_second_walk_hits_the_cache(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_twice);
	scene_expect_callers(s, 1);
	assert_int_equal(s->unwinder.cache_hits_count +
				 s->unwinder.cache_misses_count,
			 2 * s->out.frames_count);
	assert_true(s->unwinder.cache_hits_count >= s->out.frames_count - 2);
	free(s);
}

static void walk_three_frames(struct scene *s)
{
	s->out.frames_max = 3;
	scene_walk(s);
}

static void depth_is_limited(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_three_frames);
	assert_int_equal(s->out.frames_count, 3);
	assert_int_equal(s->frames[1], s->expected[0]);
	assert_int_equal(s->frames[2], s->expected[1]);
	scene_expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_DEPTH);
	free(s);
}

/*
 * Each shorter copy gives a prefix of the frames, and never are more bytes
 * read.
 */
static void walk_every_size(struct scene *s)
{
	static struct scene whole;
	uint64_t *copy;

	scene_walk(s);
	whole = *s;
	for (size_t size = 0; size < 400; size += 8) {
		copy = malloc(size);
		scene_copy_words(copy, whole.at.stack, size / sizeof(*copy));
		s->at.stack = copy;
		s->at.stack_bytes = size;
		scene_walk(s);
		free(copy);
		scene_expect_end(s, CLINIC_UNWIND_TRUNCATED,
				 CLINIC_END_STACK_SHORT);
		assert_true(s->out.frames_count < whole.out.frames_count);
		assert_memory_equal(s->frames, whole.frames,
				    s->out.frames_count * sizeof(uint64_t));
	}
}

static void walk_what_was_read(struct scene *s)
{
	size_t needed, frames_count;

	scene_walk(s);
	needed = s->out.stack_read_bytes;
	frames_count = s->out.frames_count;
	assert_true(needed > 0 && needed <= s->at.stack_bytes);
	s->at.stack_bytes = needed;
	scene_walk(s);
	scene_expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	assert_int_equal(s->out.frames_count, frames_count);
	s->at.stack_bytes = needed / 2;
	scene_walk(s);
	scene_expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_STACK_SHORT);
}

static void walks_tell_how_much_they_read(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_what_was_read);
	free(s);
}

static void a_short_copy_gives_the_inner_frames(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_every_size);
	free(s);
}

NOINLINE static void descend(struct scene *s, int depth)
{
	if (depth == 0)
		scene_play(s, scene_walk);
	else
		descend(s, depth - 1);
	STAY();
}

static void deep_recursion_is_complete(void **state)
{
	enum { DEPTH = 2000 };
	struct scene *s = scene_new();

	(void)state;
	descend(s, DEPTH);
	scene_expect_callers(s, 1);
	scene_expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	assert_true(s->out.frames_count > DEPTH);
	for (int i = 5; i < DEPTH; i++)
		assert_int_equal(s->frames[i], s->frames[6]);
	free(s);
}

static void *walk_in_thread(void *context)
{
	struct scene *s = context;

	for (int i = 0; i < 100; i++)
		scene_play(s, scene_walk);
	return NULL;
}

static void threads_share_a_space(void **state)
{
	enum { THREADS = 4 };
	struct scene *scenes[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		scenes[i] = scene_new();
		assert_int_equal(pthread_create(&threads[i], NULL,
						walk_in_thread, scenes[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		scene_expect_callers(scenes[i], 1);
		scene_expect_end(scenes[i], CLINIC_UNWIND_COMPLETE,
				 CLINIC_END_OUTERMOST);
		free(scenes[i]);
	}
}

static void walk_counting_memory(struct scene *s)
{
	struct mallinfo2 before = mallinfo2(), after;

	scene_walk(s);
	after = mallinfo2();
	assert_int_equal(after.uordblks, before.uordblks);
	assert_int_equal(after.fordblks, before.fordblks);
}

static void walks_allocate_nothing(void **state)
{
	struct scene *s;

	(void)state;
	scene_skip_in_sanitizers();
	s = scene_new();
	scene_play(s, walk_counting_memory);
	scene_expect_callers(s, 1);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_are_found_to_the_outermost),
		cmocka_unit_test(a_second_walk_hits_the_cache),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(a_short_copy_gives_the_inner_frames),
		cmocka_unit_test(walks_tell_how_much_they_read),
		cmocka_unit_test(deep_recursion_is_complete),
		cmocka_unit_test(threads_share_a_space),
		cmocka_unit_test(walks_allocate_nothing),
	};

	return cmocka_run_group_tests(tests, scene_make_space,
				      scene_free_space);
}
