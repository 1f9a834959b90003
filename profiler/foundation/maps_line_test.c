/* Tests lines of /proc/PID/maps: with a path, without, with blanks, damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "foundation/maps_line.h"

static void a_file_is_read_whole(void **state)
{
	struct clinic_maps_line line;

	(void)state;
	assert_true(clinic_maps_line_read(
		"7f01e000-7f020000 r-xp 00002000 fe:0b 1234      /usr/a b\n",
		&line));
	assert_int_equal(line.start, 0x7f01e000);
	assert_int_equal(line.end, 0x7f020000);
	assert_int_equal(line.file_offset, 0x2000);
	assert_int_equal(line.device_major, 0xfe);
	assert_int_equal(line.device_minor, 0x0b);
	assert_int_equal(line.inode, 1234);
	assert_true(line.is_executable);
	assert_int_equal(line.path_bytes, strlen("/usr/a b"));
	assert_memory_equal(line.path, "/usr/a b", line.path_bytes);
}

static void anonymous_memory_has_no_path(void **state)
{
	static const char *const anonymous[] = {
		"1000-2000 rw-p 00000000 00:00 0",
		"1000-2000 rw-p 00000000 00:00 0\n",
		"1000-2000 rw-p 00000000 00:00 0 \nfe00-ff00 r-xp 0 0:0 0 /b",
	};
	struct clinic_maps_line line;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(clinic_maps_line_read(anonymous[i], &line));
		assert_int_equal(line.path_bytes, 0);
		assert_false(line.is_executable);
	}
}

static void other_text_is_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"\n",
		"1000-2000",
		"1000-2000 rw-p 00000000 00:00",
		"2000-1000 rw-p 00000000 00:00 0",
		"1000-2000 r 00000000 00:00 0",
		"Size:                  4 kB",
	};
	struct clinic_maps_line line;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		assert_false(clinic_maps_line_read(broken[i], &line));
}

static void a_newline_in_a_path_is_decoded(void **state)
{
	char path[16];

	(void)state;
	assert_true(clinic_maps_path_decode("/a\\012b\\0", path, sizeof(path)));
	assert_string_equal(path, "/a\nb\\0");
	assert_false(clinic_maps_path_decode("/a\\01", path, sizeof(path)));
	assert_false(clinic_maps_path_decode("/a\\012b", path, 4));
	assert_string_equal(path, "/a\n");
	assert_false(clinic_maps_path_decode("", path, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole),
		cmocka_unit_test(anonymous_memory_has_no_path),
		cmocka_unit_test(other_text_is_refused),
		cmocka_unit_test(a_newline_in_a_path_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
