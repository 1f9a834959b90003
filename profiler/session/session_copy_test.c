/* Tests that a copy of a session is the same, row by row, and its own. */
#include <errno.h>

#include "session/session_rows.h"
#include "session/session_scene.h"

/* Rows of tables with and without an index, and texts that no row uses. */
static struct clinic_session *original(void)
{
	struct clinic_session *s = scene_new();
	struct clinic_allocation allocation = {.bytes = 7};
	uint32_t stage;

	scene_text(s, "unused");
	allocation.stack_id = scene_stack(s, "main>work@/lib/x.so>hash");
	allocation.thread_id = scene_thread(s, 1, 2, "worker");
	assert_int_equal(clinic_session_stage_id(s, "sort", &stage), 0);
	scene_cpu(s, allocation.stack_id, 5);
	scene_cpu(s, 0, 6);
	scene_add(s, CLINIC_ALLOCATIONS, &allocation);
	assert_int_equal(clinic_session_add_note(s, 1, "a note"), 0);
	clinic_session_metadata(s)->exit_code = 3;
	clinic_session_quality(s)->lost_count = 4;
	return s;
}

static void assert_same_table(const struct clinic_session *a,
			      const struct clinic_session *b,
			      enum clinic_table table)
{
	uint32_t a_count, b_count;
	const void *a_rows = clinic_session_rows(a, table, &a_count);
	const void *b_rows = clinic_session_rows(b, table, &b_count);

	assert_int_equal(a_count, b_count);
	if (a_count)
		assert_memory_equal(
			a_rows, b_rows,
			a_count * clinic_schema_tables[table].row_bytes);
}

static void a_copy_has_the_same_rows_with_the_same_numbers(void **state)
{
	struct clinic_session *from = original();
	struct clinic_session *copy = scene_new();

	(void)state;
	assert_int_equal(clinic_session_copy(copy, from), 0);
	for (unsigned int table = 0; table < CLINIC_TABLES; table++)
		assert_same_table(from, copy, table);
	assert_int_equal(clinic_session_texts_count(copy),
			 clinic_session_texts_count(from));
	for (uint32_t i = 0; i < clinic_session_texts_count(from); i++)
		assert_string_equal(clinic_session_text(copy, i),
				    clinic_session_text(from, i));
	assert_int_equal(clinic_session_metadata(copy)->exit_code, 3);
	assert_int_equal(clinic_session_quality(copy)->lost_count, 4);
	clinic_session_free(from);
	/* The copy lives on, and knows what it has. */
	assert_int_equal(scene_stack(copy, "main>work@/lib/x.so>hash"), 3);
	assert_int_equal(scene_thread(copy, 1, 2, "worker"), 1);
	assert_int_equal(scene_stack(copy, "new"), 4);
	clinic_session_free(copy);
}

static void only_a_new_session_can_become_a_copy(void **state)
{
	struct clinic_session *from = original();
	struct clinic_session *used = original();

	(void)state;
	assert_int_equal(clinic_session_copy(used, from), -EINVAL);
	clinic_session_free(from);
	clinic_session_free(used);
}

static void the_duration_is_known_or_zero(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_session_metadata *metadata = clinic_session_metadata(s);

	(void)state;
	assert_int_equal(clinic_session_duration_ns(s), 0);
	metadata->started_ns = 10;
	assert_int_equal(clinic_session_duration_ns(s), 0); /* not ended */
	metadata->ended_ns = 10;
	assert_int_equal(clinic_session_duration_ns(s), 0);
	metadata->ended_ns = 14;
	assert_int_equal(clinic_session_duration_ns(s), 4);
	metadata->runs_ns = 9; /* of merged runs, whose clocks overlap */
	assert_int_equal(clinic_session_duration_ns(s), 9);
	clinic_session_free(s);
}

static const struct clinic_note *note_of(const struct clinic_session *s,
					 uint32_t row)
{
	uint32_t count;
	const struct clinic_note *note =
		clinic_session_rows(s, CLINIC_NOTES, &count);

	assert_true(row < count);
	return &note[row];
}

static void a_note_that_is_there_is_counted(void **state)
{
	static char long_text[2 * CLINIC_NOTE_BYTES];
	struct clinic_session *s = scene_new();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(clinic_session_format_note(s, 7, "pid %d", 4),
				 0);
	assert_int_equal(clinic_session_add_note(s, 0, "pid 4"), 0);
	assert_int_equal(scene_count(s, CLINIC_NOTES), 2);
	assert_string_equal(clinic_session_text(s, note_of(s, 0)->text_id),
			    "pid 4");
	assert_int_equal(note_of(s, 0)->is_warning, 1);
	assert_int_equal(note_of(s, 0)->repeats_count, 2);
	assert_int_equal(note_of(s, 1)->is_warning, 0);
	assert_int_equal(note_of(s, 1)->repeats_count, 0);
	memset(long_text, 'x', sizeof(long_text) - 1);
	assert_int_equal(clinic_session_format_note(s, 0, "%s", long_text), 0);
	assert_int_equal(strlen(clinic_session_text(s, note_of(s, 2)->text_id)),
			 CLINIC_NOTE_BYTES - 1);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_copy_has_the_same_rows_with_the_same_numbers),
		cmocka_unit_test(only_a_new_session_can_become_a_copy),
		cmocka_unit_test(the_duration_is_known_or_zero),
		cmocka_unit_test(a_note_that_is_there_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
