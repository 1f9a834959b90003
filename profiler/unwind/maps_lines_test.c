/* Tests that mappings are read line by line, and how the reading ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "unwind/maps_lines.h"

struct seen {
	uint64_t function, variable; /* addresses of this program */
	unsigned int lines, executable, with_variable;
	int answer; /* of the callback */
};

static int see(void *context, const struct clinic_listed_mapping *line)
{
	struct seen *seen = context;
	const struct clinic_mapping *m = &line->mapping;

	seen->lines++;
	if (seen->function - m->start < m->size_bytes) {
		seen->executable += line->is_executable;
		assert_non_null(strstr(m->path, "maps_lines_test"));
		assert_int_not_equal(m->inode, 0);
	}
	if (seen->variable - m->start < m->size_bytes) {
		seen->with_variable++;
		assert_false(line->is_executable);
	}
	return seen->answer;
}

static struct seen nothing_seen(int answer)
{
	static int variable;

	return (struct seen){.function = (uintptr_t)see,
			     .variable = (uintptr_t)&variable,
			     .answer = answer};
}

static void each_mapping_of_a_process_is_a_line(void **state)
{
	struct seen seen = nothing_seen(0);

	(void)state;
	assert_int_equal(clinic_maps_lines_read(getpid(), see, &seen), 0);
	assert_int_equal(seen.executable, 1);
	assert_int_equal(seen.with_variable, 1);
	assert_true(seen.lines > 3);
}

static void a_result_of_the_reader_ends_the_reading(void **state)
{
	struct seen seen = nothing_seen(-ENOMEM);

	(void)state;
	assert_int_equal(clinic_maps_lines_read(getpid(), see, &seen), -ENOMEM);
	assert_int_equal(seen.lines, 1);
}

static void a_process_that_does_not_exist_is_an_error(void **state)
{
	struct seen seen = nothing_seen(0);
	int error = clinic_maps_lines_read(INT32_MAX, see, &seen);

	(void)state;
	assert_true(error == -ENOENT || error == -ESRCH);
	assert_int_equal(seen.lines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mapping_of_a_process_is_a_line),
		cmocka_unit_test(a_result_of_the_reader_ends_the_reading),
		cmocka_unit_test(a_process_that_does_not_exist_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
