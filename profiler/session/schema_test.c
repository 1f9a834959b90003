/* Tests that FORMAT.md and the schema describe the same columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/schema.h"
#include "session/session.h"
#include "session/session_json.h"

static char *format_md(void)
{
	static char text[1 << 16];
	FILE *file = fopen("profiler/FORMAT.md", "r");

	if (!file)
		fail_msg("run in the repository's root");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* The part of FORMAT.md below "### `name`", up to the next heading. */
static char *section_of(const char *name)
{
	static char section[8192];
	char heading[64];
	char *start;
	char *end;

	snprintf(heading, sizeof(heading), "\n### `%s`\n", name);
	start = strstr(format_md(), heading);
	if (!start)
		fail_msg("FORMAT.md has no section for %s", name);
	start += strlen(heading);
	end = strstr(start, "\n##");
	snprintf(section, sizeof(section), "%.*s",
		 (int)(end ? end - start : (long)strlen(start)), start);
	return section;
}

static unsigned int rows_of(const char *section)
{
	unsigned int count = 0;

	for (; (section = strstr(section, "\n| `")); section++)
		count++;
	return count;
}

static bool is_difference(const char *row)
{
	const char *mark = strstr(row, "(*difference*)");

	return mark && mark < row + strcspn(row, "\n");
}

static void check(const struct clinic_columns *schema)
{
	const char *section = section_of(schema->name);

	for (uint32_t i = 0; i < schema->columns_count; i++) {
		const struct clinic_column *column = &schema->column[i];
		char row[64];

		snprintf(row, sizeof(row), "\n| `%s` |", column->name);
		if (!strstr(section, row))
			fail_msg("FORMAT.md does not explain %s.%s",
				 schema->name, column->name);
		assert_int_equal(is_difference(strstr(section, row) + 1),
				 column->kind == CLINIC_COLUMN_DELTA);
	}
	assert_int_equal(rows_of(section), schema->columns_count);
}

static void format_md_explains_each_column_and_no_other(void **state)
{
	(void)state;
	check(&clinic_schema_metadata);
	check(&clinic_schema_quality);
	for (unsigned int i = 0; i < CLINIC_TABLES; i++)
		check(&clinic_schema_tables[i]);
}

static void the_example_is_a_session(void **state)
{
	char *start = strstr(format_md(), "```json\n") + strlen("```json\n");
	size_t length = (size_t)(strstr(start, "```") - start);
	struct clinic_session *session;
	struct clinic_why why;
	const struct clinic_sample *sample;
	uint32_t count;

	(void)state;
	if (clinic_session_parse(start, length, &session, &why))
		fail_msg("the example: %s", why.text);
	sample = clinic_session_rows(session, CLINIC_SAMPLES, &count);
	assert_int_equal(count, 4);
	assert_int_equal(sample[3].time_ns, 5004004004);
	assert_string_equal(
		clinic_session_text(
			session, clinic_session_metadata(session)->command_id),
		"./pipeline --size large");
	clinic_session_free(session);
}

/* Rows are compared as bytes, so no padding may stand between columns. */
static void rows_have_no_padding(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CLINIC_TABLES; i++) {
		const struct clinic_columns *schema = &clinic_schema_tables[i];
		size_t bytes = 0;

		if (!schema->is_interned)
			continue;
		for (uint32_t j = 0; j < schema->columns_count; j++)
			bytes += schema->column[j].bytes;
		if (i == CLINIC_THREADS)
			bytes += sizeof(uint32_t); /* reserved, always 0 */
		assert_int_equal(bytes, schema->row_bytes);
	}
}

/* window.c relies on it: in a timed table, the first column is the time. */
static void timed_tables_begin_with_their_time(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CLINIC_TABLES; i++) {
		const struct clinic_columns *schema = &clinic_schema_tables[i];
		bool is_timed = schema->in_window == CLINIC_IN_WINDOW_TIMED;

		assert_int_equal(!strcmp(schema->column[0].name, "time_ns"),
				 is_timed);
		for (uint32_t j = 1; j < schema->columns_count; j++)
			assert_string_not_equal(schema->column[j].name,
						"time_ns");
		if (is_timed)
			assert_int_equal(schema->column[0].offset, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_md_explains_each_column_and_no_other),
		cmocka_unit_test(the_example_is_a_session),
		cmocka_unit_test(rows_have_no_padding),
		cmocka_unit_test(timed_tables_begin_with_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
