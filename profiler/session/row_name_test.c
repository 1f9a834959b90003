/* Tests the names of rows, and how a function is found by its name. */
#include <errno.h>

#include "session/named_function.h"
#include "session/row_name.h"
#include "session/session_scene.h"

static void assert_name(const struct clinic_session *s, enum clinic_group group,
			uint32_t frame_id, const char *wanted)
{
	struct clinic_tally_row row = {.frame_id = frame_id};
	char room[64];

	assert_string_equal(clinic_row_name(s, group, &row, room, sizeof(room)),
			    wanted);
}

static void a_frame_is_named_by_what_is_known(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_frame lined = {.line = 12};
	uint32_t whole, id;
	uint32_t named = scene_frame(s, "parse", "/bin/prog", "");
	uint32_t bare = scene_frame(s, "", "/usr/lib/libx.so.1", "");
	uint32_t kernel = scene_frame(s, "", "[kernel]", "");
	uint32_t folder = scene_frame(s, "", "/odd/", "");

	(void)state;
	whole = scene_frame(s, "parse", "/bin/prog", "parse.c");
	lined.function_id = scene_text(s, "parse");
	lined.file_id = scene_text(s, "parse.c");
	assert_int_equal(clinic_session_frame_id(s, &lined, &id), 0);

	assert_name(s, CLINIC_BY_FUNCTION, whole, "parse");
	assert_name(s, CLINIC_BY_FUNCTION, bare, "[libx.so.1]");
	assert_name(s, CLINIC_BY_FUNCTION, kernel, "[kernel]");
	assert_name(s, CLINIC_BY_FUNCTION, folder, "[/odd/]");
	assert_name(s, CLINIC_BY_FUNCTION, 0, "[unknown]");
	assert_name(s, CLINIC_BY_LINE, id, "parse.c:12");
	assert_name(s, CLINIC_BY_LINE, named, "parse");
	assert_name(s, CLINIC_BY_LINE, bare, "[libx.so.1]");
	assert_name(s, CLINIC_BY_FILE, whole, "parse.c");
	assert_name(s, CLINIC_BY_FILE, named, "[prog]");
	assert_name(s, CLINIC_BY_LIBRARY, whole, "/bin/prog");
	assert_name(s, CLINIC_BY_LIBRARY, 0, "[unknown]");
	clinic_session_free(s);
}

static void threads_and_stages_have_names_of_their_own(void **state)
{
	struct clinic_session *s = scene_new();
	struct clinic_tally_row row = {0};
	char room[64];

	(void)state;
	assert_string_equal(
		clinic_row_name(s, CLINIC_BY_STAGE, &row, room, sizeof(room)),
		"(no stage)");
	row.thread_id = scene_thread(s, 7, 9, "worker");
	assert_int_equal(clinic_session_stage_id(s, "sort", &row.stage_id), 0);
	assert_string_equal(
		clinic_row_name(s, CLINIC_BY_THREAD, &row, room, sizeof(room)),
		"worker 7/9");
	assert_string_equal(
		clinic_row_name(s, CLINIC_BY_STAGE, &row, room, sizeof(room)),
		"sort");
	clinic_session_free(s);
}

#define OF_CHARS "get<std::basic_string<char> >(int)"
#define OF_WIDE  "get<std::basic_string<wchar_t> >(int)"
#define SHORT    "get<...>(int)"

static void a_function_is_found_by_its_whole_or_short_name(void **state)
{
	struct clinic_session *s = scene_new();
	const char *name = NULL;

	(void)state;
	scene_frame(s, OF_CHARS, "", "");
	scene_frame(s, "main", "", "");
	/* The same function in two libraries is one name. */
	scene_frame(s, OF_CHARS, "/lib/x.so", "");
	assert_int_equal(clinic_named_function(s, "main", &name), 0);
	assert_string_equal(name, "main");
	assert_int_equal(clinic_named_function(s, SHORT, &name), 0);
	assert_string_equal(name, OF_CHARS);
	assert_int_equal(clinic_named_function(s, "nobody", &name), -ENOENT);
	assert_int_equal(clinic_named_function(s, "", &name), -ENOENT);
	scene_frame(s, OF_WIDE, "", "");
	assert_int_equal(clinic_named_function(s, SHORT, &name), -ENOTUNIQ);
	assert_int_equal(clinic_named_function(s, OF_CHARS, &name), 0);
	assert_string_equal(name, OF_CHARS);
	/* A whole name wins over short ones, wherever it stands. */
	scene_frame(s, SHORT, "", "");
	assert_int_equal(clinic_named_function(s, SHORT, &name), 0);
	assert_string_equal(name, SHORT);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_named_by_what_is_known),
		cmocka_unit_test(threads_and_stages_have_names_of_their_own),
		cmocka_unit_test(
			a_function_is_found_by_its_whole_or_short_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
