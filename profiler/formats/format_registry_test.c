/* Tests that formats are found by content and by suffix, and adds one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/format.h"
#include "session/schema.h"
#include "session/session_json.h"

static char *content_of(const char *path, size_t *bytes)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s: run in the repository's root", path);
	*bytes = fread(text, 1, sizeof(text) - 1, file);
	text[*bytes] = '\0';
	fclose(file);
	return text;
}

static void put_tables(char *text, size_t size, uint32_t tables)
{
	const char *before = "";

	if (tables == (1u << CLINIC_TABLES) - 1) {
		strncat(text, "all", size - strlen(text) - 1);
		return;
	}
	for (unsigned int i = 0; i < CLINIC_TABLES; i++)
		if (tables >> i & 1) {
			size_t used = strlen(text);

			snprintf(text + used, size - used, "%s%s", before,
				 clinic_schema_tables[i].name);
			before = ", ";
		}
	if (!*before)
		strncat(text, "none", size - strlen(text) - 1);
}

/* The line about a format in FORMAT.md. */
static const char *line_of(const struct clinic_format *format)
{
	static char line[1024];
	size_t used;

	snprintf(line, sizeof(line), "\n| `%s` | `%s` | %s | %s | ",
		 format->name, format->suffix, format->read ? "yes" : "no",
		 format->write ? "yes" : "no");
	put_tables(line, sizeof(line), format->tables_kept);
	used = strlen(line);
	snprintf(line + used, sizeof(line) - used, " | %s |\n",
		 format->summary);
	return line;
}

static void format_md_has_a_line_for_each_format_and_no_other(void **state)
{
	static const char heading[] = "| name | suffix | read | written |";
	size_t bytes;
	const char *at =
		strstr(content_of("profiler/FORMAT.md", &bytes), heading);
	const struct clinic_format *format = NULL;
	unsigned int lines = 0;

	(void)state;
	assert_non_null(at);
	while ((format = clinic_format_next(format))) {
		if (!strstr(at, line_of(format)))
			fail_msg("FORMAT.md lacks this line:%s",
				 line_of(format));
		lines++;
	}
	while ((at = strstr(at + 1, "\n| `")))
		lines--;
	assert_int_equal(lines, 0);
}

/*
 * A linker drops objects that nobody calls: each file with a format is linked.
 */
static void every_format_of_the_folder_is_linked(void **state)
{
	unsigned int formats = 0;
	glob_t found;
	size_t bytes;

	(void)state;
	assert_int_equal(glob("profiler/formats/*.c", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (strstr(content_of(found.gl_pathv[i], &bytes),
			   "\nCLINIC_FORMAT("))
			formats++;
	globfree(&found);
	assert_true(formats >= 4);
	for (const struct clinic_format *format = clinic_format_next(NULL);
	     format; format = clinic_format_next(format)) {
		assert_ptr_equal(clinic_format_named(format->name), format);
		assert_true(format->read || format->write);
		assert_int_equal(!format->read, !format->recognises);
		formats--;
	}
	assert_int_equal(formats, 0);
}

static void recognised(const char *path, const char *name)
{
	size_t bytes;
	const char *text = content_of(path, &bytes);
	const struct clinic_format *format = NULL;

	while ((format = clinic_format_next(format)))
		if (format->read && format->recognises(text, bytes) !=
					    !strcmp(format->name, name))
			fail_msg("%s: the format %s is wrong about it", path,
				 format->name);
}

static void one_format_recognises_each_content(void **state)
{
	(void)state;
	recognised("profiler/cli/recorded/pipeline.perf.txt", "perf-script");
	recognised("hardening/fuzz/corpus/session/example.json", "session");
	recognised("hardening/fuzz/corpus/session/everything.json", "session");
	recognised("profiler/cli/recorded/pipeline.collapsed.txt", "");
	recognised("profiler/FORMAT.md", "");
	recognised("Makefile", "");
	assert_null(clinic_format_of_content("", 0));
	assert_null(clinic_format_of_content("{", 1));
}

static void a_path_names_a_format_by_its_suffix(void **state)
{
	(void)state;
	assert_string_equal(clinic_format_of_path("x.json")->name, "session");
	assert_string_equal(clinic_format_of_path("a/x.svg.gz")->name,
			    "flamegraph");
	assert_null(clinic_format_of_path(".svg"));
	assert_null(clinic_format_of_path("x.gz"));
	/* It cannot be written. */
	assert_null(clinic_format_of_path("x.perf.txt"));
}

static int read_file(const char *path, const char *format_name,
		     struct clinic_session **session, struct clinic_why *why)
{
	static const struct clinic_format_options options = {0};
	const struct clinic_format *format;
	int error = clinic_format_read(path, &options, &format, session, why);

	if (format_name)
		assert_string_equal(format->name, format_name);
	else
		assert_null(format);
	return error;
}

/* Reads a file with this text; there is no session after an error. */
static int read_text(const char *text, size_t bytes, const char *format_name,
		     struct clinic_why *why)
{
	char path[] = "/tmp/format_registry_test.XXXXXX";
	int fd = mkstemp(path);
	struct clinic_session *session = NULL;
	int error;

	assert_int_equal(write(fd, text, bytes), bytes);
	close(fd);
	error = read_file(path, format_name, &session, why);
	unlink(path);
	assert_int_equal(!session, error != 0);
	if (session)
		clinic_session_free(session);
	return error;
}

static void a_file_is_read_by_the_format_that_recognises_it(void **state)
{
	static const char perf[] = "app 1/2 [000] 1.0: 9 cpu-clock:\n"
				   "\t 10 main (/x)\n\n";
	struct clinic_session *session;
	struct clinic_why why;
	size_t bytes;
	const char *text;

	(void)state;
	text = content_of("hardening/fuzz/corpus/session/example.json", &bytes);
	assert_int_equal(read_text(text, bytes, "session", &why), 0);
	assert_int_equal(read_text(text, bytes / 2, "session", &why), -EBADMSG);
	assert_int_not_equal(strlen(why.text), 0);
	assert_int_equal(read_text(perf, strlen(perf), "perf-script", &why), 0);
	assert_int_equal(read_text("", 0, NULL, &why), -ENOMSG);
	assert_string_equal(why.text, "it is empty");
	assert_int_equal(read_text("some text\n", 10, NULL, &why), -ENOMSG);
	assert_string_equal(why.text, "");
	assert_int_equal(read_file("/nowhere/at/all", NULL, &session, &why),
			 -ENOENT);
}

/* A line that only has a time may be of any log. */
static void perf_script_is_recognised_by_fields_that_only_it_has(void **state)
{
	static const struct {
		const char *text;
		bool is_perf;
	} cases[] = {
		{"# captured on    : Fri Nov 27\n", true},
		{"# cmdline : /usr/bin/perf record\n", true},
		{"# ========\n", true},
		{"# a remark\n", false},
		{"noise before\napp 1/2 1.0: \n", true},
		{"app 1.0: \n", false},
		{"noise before\napp 1/2 1.0: cycles: \n", true},
		{"app 1.0: cycles: 10 f (/x)", true},
		{"app 1/2 cycles: ", true},
		{"1.0: 7\n", false},
		{"{\napp 1/2 1.0: cycles: \n", false},
	};
	const struct clinic_format *format = clinic_format_named("perf-script");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (format->recognises(cases[i].text, strlen(cases[i].text)) !=
		    cases[i].is_perf)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			format_md_has_a_line_for_each_format_and_no_other),
		cmocka_unit_test(every_format_of_the_folder_is_linked),
		cmocka_unit_test(one_format_recognises_each_content),
		cmocka_unit_test(a_path_names_a_format_by_its_suffix),
		cmocka_unit_test(
			a_file_is_read_by_the_format_that_recognises_it),
		cmocka_unit_test(
			perf_script_is_recognised_by_fields_that_only_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
