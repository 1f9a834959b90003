/* Tests single lines of perf script: times, fields and frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "formats/perf_script_line.h"

static struct clinic_span span(const char *text)
{
	return (struct clinic_span){text, strlen(text)};
}

static void assert_span(struct clinic_span got, const char *wanted)
{
	if (!clinic_span_is(got, wanted))
		fail_msg("%.*s is not %s", (int)got.length, got.at, wanted);
}

static void assert_time(const char *time, uint64_t wanted_ns)
{
	struct clinic_perf_sample_line sample;
	char line[128];

	snprintf(line, sizeof(line), "app 42/43 [002] %s: 7 cycles: ", time);
	assert_true(clinic_perf_sample_line_parse(span(line), &sample));
	assert_true(sample.has_time);
	assert_int_equal(sample.time_ns, wanted_ns);
	assert_int_equal(sample.pid, 42);
	assert_int_equal(sample.tid, 43);
	assert_int_equal(sample.cpu, 2);
	assert_int_equal(sample.period, 7);
	assert_span(sample.comm, "app");
	assert_span(sample.event, "cycles");
}

static void a_time_has_up_to_nine_digits_behind_the_point(void **state)
{
	(void)state;
	assert_time("0.000001", 1000);
	assert_time("12.345678", 12345678000);
	assert_time("12.345678901", 12345678901);
	assert_time("12.5", 12500000000);
	assert_time("18446744072.999999999", 18446744072999999999u);
}

static void what_is_no_time_is_none(void **state)
{
	static const char *const lines[] = {
		"app 1.0000000001: 7 ",  /* ten digits */
		"app 18446744073.0: 7 ", /* more than 64 bits of nanoseconds */
		"app 99999999999999999999.0: 7 ",
		"app 1.x: 7 ",
		"app x.1: 7 ",
		"app 1.5 7 ",
		"app 15: 7 ",
		"app",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct clinic_perf_sample_line sample;

		if (clinic_perf_sample_line_parse(span(lines[i]), &sample))
			fail_msg("%s is a sample", lines[i]);
	}
}

static void records_beside_samples_are_kept_as_text(void **state)
{
	struct clinic_perf_sample_line sample;

	(void)state;
	assert_true(clinic_perf_sample_line_parse(
		span("swapper 0 [001] 3.5: PERF_RECORD_LOST lost 12 "),
		&sample));
	assert_span(sample.record, "PERF_RECORD_LOST lost 12");
	assert_int_equal(sample.event.length, 0);
	assert_int_equal(sample.tid, 0);
	assert_int_equal(sample.cpu, 1);
}

static void assert_frame(const char *line, uint64_t address, const char *symbol,
			 const char *dso)
{
	struct clinic_perf_frame_line frame;

	if (!clinic_perf_frame_line_parse(span(line), &frame))
		fail_msg("%s is no frame", line);
	assert_int_equal(frame.address, address);
	assert_span(frame.symbol, symbol);
	assert_span(frame.dso, dso);
}

static void a_frame_has_an_address_a_symbol_and_a_file(void **state)
{
	(void)state;
	assert_frame("\t7f12ab work+0x10 (/usr/lib/x.so)", 0x7f12ab, "work",
		     "/usr/lib/x.so");
	assert_frame("0 f (/tmp/a (deleted))", 0, "f", "/tmp/a (deleted)");
	assert_frame("1 f(int) (/x)", 1, "f(int)", "/x");
	assert_frame("1 f(int)", 1, "f(int)", "");
	assert_frame("1 [unknown] ([unknown])", 1, "", "");
	assert_frame("1 (/x)", 1, "", "/x");
	assert_frame("1", 1, "", "");
	/* Only +0x and digits at the end are an offset. */
	assert_frame("1 operator+ (/x)", 1, "operator+", "/x");
	assert_frame("1 f+1x10 (/x)", 1, "f+1x10", "/x");
	assert_frame("1 f+0y10 (/x)", 1, "f+0y10", "/x");
	assert_frame("1 f+0 (/x)", 1, "f+0", "/x");
	assert_frame("1 f+0x1+0xabcdef (/x)", 1, "f+0x1", "/x");
	/* Parentheses that do not match are part of the name. */
	assert_frame("1 f) (/x", 1, "f) (/x", "");
	assert_frame("1 f))", 1, "f))", "");
}

static void frames_of_the_kernel_and_inlined_ones_say_so(void **state)
{
	struct clinic_perf_frame_line frame;

	(void)state;
	assert_true(clinic_perf_frame_line_parse(
		span("ffffffff81000000 sys_read ([kernel.kallsyms])"), &frame));
	assert_true(frame.is_kernel);
	assert_true(clinic_perf_frame_line_parse(
		span("8000000000000000 f (/x)"), &frame));
	assert_true(frame.is_kernel); /* by its address */
	assert_true(clinic_perf_frame_line_parse(
		span("7fffffffffffffff f (/x)"), &frame));
	assert_false(frame.is_kernel);
	assert_false(frame.is_inlined);
	assert_true(
		clinic_perf_frame_line_parse(span("1 f (inlined)"), &frame));
	assert_true(frame.is_inlined);
	assert_int_equal(frame.dso.length, 0);
}

static void what_is_no_address_is_no_frame(void **state)
{
	static const char *const lines[] = {"",       "  ",    "main (/x)",
					    "0x10 f", "12G f", "12F f"};
	struct clinic_perf_frame_line frame;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (clinic_perf_frame_line_parse(span(lines[i]), &frame))
			fail_msg("%s is a frame", lines[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_has_up_to_nine_digits_behind_the_point),
		cmocka_unit_test(what_is_no_time_is_none),
		cmocka_unit_test(records_beside_samples_are_kept_as_text),
		cmocka_unit_test(a_frame_has_an_address_a_symbol_and_a_file),
		cmocka_unit_test(frames_of_the_kernel_and_inlined_ones_say_so),
		cmocka_unit_test(what_is_no_address_is_no_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
