/* Tests that what is forgotten is gone, and that the rest keeps its meaning. */
#include <stdlib.h>

#include "session/session_scene.h"

static void forgotten_stacks_can_be_added_again(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t again;

	(void)state;
	scene_stack(s, "main>parse>hash");
	assert_int_equal(clinic_session_forget_stacks(s), 0);
	assert_int_equal(scene_count(s, CLINIC_STACKS), 1);
	assert_int_equal(scene_count(s, CLINIC_FRAMES), 1);
	again = scene_stack(s, "main>hash");
	assert_int_equal(again, 2);
	assert_int_equal(scene_stack(s, "main>hash"), again);
	assert_int_equal(scene_count(s, CLINIC_FRAMES), 3);
	clinic_session_free(s);
}

static void add_life(struct clinic_session *s, uint32_t thread,
		     uint64_t watched_ns)
{
	struct clinic_lifetime life = {.thread_id = thread,
				       .watched_ns = watched_ns};

	scene_add(s, CLINIC_LIFETIMES, &life);
}

static void assert_life(const struct clinic_session *s, uint32_t row,
			uint32_t thread, uint64_t watched_ns)
{
	uint32_t count;
	const struct clinic_lifetime *life =
		clinic_session_rows(s, CLINIC_LIFETIMES, &count);

	assert_true(row < count);
	assert_int_equal(life[row].thread_id, thread);
	assert_int_equal(life[row].watched_ns, watched_ns);
}

/* One thread stands for all that ended long ago; their times are its own. */
static void forgotten_threads_leave_their_times_to_another(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t ended = scene_thread(s, 1, 1, "ended");
	uint32_t rest = scene_thread(s, 1, 0, "rest");
	uint32_t gone = scene_thread(s, 1, 3, "gone");
	uint32_t alive = scene_thread(s, 1, 4, "alive");
	uint32_t kept[5] = {[2] = 1, [4] = 1};

	(void)state;
	add_life(s, ended, 1);
	add_life(s, alive, 20);
	add_life(s, gone, 300);
	add_life(s, alive, 4000);
	add_life(s, rest, 50000);
	add_life(s, 0, 7);
	assert_int_equal(clinic_session_forget_threads(s, kept, rest), 0);
	assert_int_equal(scene_count(s, CLINIC_THREADS), 3);
	assert_int_equal(kept[0], 0);
	assert_int_equal(kept[ended], 1);
	assert_int_equal(kept[rest], 1);
	assert_int_equal(kept[gone], 1);
	assert_int_equal(kept[alive], 2);
	assert_int_equal(scene_count(s, CLINIC_LIFETIMES), 3);
	assert_life(s, 0, 0, 7);
	assert_life(s, 1, 1, 50301);
	assert_life(s, 2, 2, 4020);
	assert_int_equal(scene_thread(s, 1, 0, "rest"), 1);
	assert_int_equal(scene_thread(s, 1, 4, "alive"), 2);
	assert_int_equal(scene_thread(s, 1, 1, "ended"), 3); /* a new row */
	clinic_session_free(s);
}

static void texts_that_rows_refer_to_are_kept(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t unused = scene_text(s, "unused");
	uint32_t thread = scene_thread(s, 1, 1, "worker");
	uint32_t asked = scene_text(s, "asked for");
	uint32_t command = scene_text(s, "./prog");
	uint32_t *kept;
	uint32_t count;
	const struct clinic_thread *threads;

	(void)state;
	clinic_session_metadata(s)->command_id = command;
	assert_int_equal(clinic_session_add_note(s, 1, "a note"), 0);
	kept = calloc(clinic_session_texts_count(s), sizeof(*kept));
	kept[asked] = 1;
	assert_int_equal(clinic_session_forget_texts(s, kept), 0);
	assert_int_equal(clinic_session_texts_count(s), 5); /* and "" */
	assert_int_equal(kept[unused], 0);
	assert_string_equal(clinic_session_text(s, kept[asked]), "asked for");
	assert_string_equal(
		clinic_session_text(s, clinic_session_metadata(s)->command_id),
		"./prog");
	assert_int_equal(clinic_session_metadata(s)->command_id, kept[command]);
	threads = clinic_session_rows(s, CLINIC_THREADS, &count);
	assert_string_equal(clinic_session_text(s, threads[thread].name_id),
			    "worker");
	/* The indexes know the new numbers: nothing is there twice. */
	assert_int_equal(scene_thread(s, 1, 1, "worker"), thread);
	assert_int_equal(scene_text(s, "asked for"), kept[asked]);
	assert_int_equal(scene_text(s, "new"), 5);
	free(kept);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forgotten_stacks_can_be_added_again),
		cmocka_unit_test(
			forgotten_threads_leave_their_times_to_another),
		cmocka_unit_test(texts_that_rows_refer_to_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
