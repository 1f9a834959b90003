/* Tests that the beginning of a file or a pipe is read and stays there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/content_head.h"
#include "formats/tested_file.h"

static void put(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void assert_head(const struct clinic_content_head *head,
			const char *wanted)
{
	assert_int_equal(head->text_bytes, strlen(wanted));
	assert_memory_equal(head->text, wanted, strlen(wanted));
}

static void one_look_at_a_file_is_enough(void **state)
{
	static char large[CLINIC_CONTENT_HEAD_BYTES + 10];
	static struct clinic_content_head head;

	(void)state;
	put("hello\n", 6);
	assert_int_equal(clinic_content_head_open(&head, path), 0);
	assert_false(head.is_whole);
	assert_int_equal(clinic_content_head_look(&head), 0);
	assert_true(head.is_whole);
	assert_head(&head, "hello\n");
	clinic_content_head_close(&head);
	put("", 0);
	assert_int_equal(clinic_content_head_open(&head, path), 0);
	assert_int_equal(clinic_content_head_look(&head), 0);
	assert_head(&head, "");
	clinic_content_head_close(&head);
	put(large, sizeof(large));
	assert_int_equal(clinic_content_head_open(&head, path), 0);
	assert_int_equal(clinic_content_head_look(&head), 0);
	assert_int_equal(head.text_bytes, CLINIC_CONTENT_HEAD_BYTES);
	clinic_content_head_close(&head);
}

/* Runs `body` with another file as its standard input. */
static void with_input(int input, void (*body)(int other), int other)
{
	int kept = dup(STDIN_FILENO);

	assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
	body(other);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

/* Each look waits for more than the last one saw; nothing is taken away. */
static void look_at_a_growing_pipe(int writer)
{
	static struct clinic_content_head head;
	char read_later[16] = "";

	assert_int_equal(write(writer, "ab", 2), 2);
	assert_int_equal(clinic_content_head_open(&head, "-"), 0);
	assert_int_equal(clinic_content_head_look(&head), 0);
	assert_head(&head, "ab");
	assert_false(head.is_whole);
	assert_int_equal(write(writer, "cd", 2), 2);
	assert_int_equal(clinic_content_head_look(&head), 0);
	assert_head(&head, "abcd");
	assert_false(head.is_whole);
	close(writer);
	assert_int_equal(clinic_content_head_look(&head), 0);
	assert_head(&head, "abcd");
	assert_true(head.is_whole);
	clinic_content_head_close(&head);
	assert_int_equal(read(STDIN_FILENO, read_later, sizeof(read_later)), 4);
	assert_string_equal(read_later, "abcd");
}

static void a_pipe_keeps_its_content(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	with_input(ends[0], look_at_a_growing_pipe, ends[1]);
	close(ends[0]);
}

static void look_behind_the_first_line(int unused)
{
	static struct clinic_content_head head;

	(void)unused;
	assert_int_equal(clinic_content_head_open(&head, "-"), 0);
	assert_int_equal(clinic_content_head_look(&head), 0);
	assert_head(&head, "second\n");
	clinic_content_head_close(&head);
	assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_CUR), 6);
}

/* Whoever has read a part of the standard input leaves the rest to us. */
static void the_standard_input_begins_where_it_stands(void **state)
{
	int fd;

	(void)state;
	put("first\nsecond\n", 13);
	fd = open(path, O_RDONLY);
	assert_int_equal(lseek(fd, 6, SEEK_SET), 6);
	with_input(fd, look_behind_the_first_line, -1);
	close(fd);
}

static void what_has_no_beginning_is_refused(void **state)
{
	static struct clinic_content_head head;

	(void)state;
	assert_int_equal(clinic_content_head_open(&head, "/nowhere/at/all"),
			 -ENOENT);
	assert_int_equal(clinic_content_head_open(&head, "/tmp"), -EISDIR);
	assert_int_equal(clinic_content_head_open(&head, "/dev/null"), -ESPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_look_at_a_file_is_enough),
		cmocka_unit_test(a_pipe_keeps_its_content),
		cmocka_unit_test(the_standard_input_begins_where_it_stands),
		cmocka_unit_test(what_has_no_beginning_is_refused),
	};

	return cmocka_run_group_tests(tests, tested_file_make,
				      tested_file_remove);
}
