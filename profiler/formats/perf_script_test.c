/* Tests how lines of perf script are read, and which notes they give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/format.h"
#include "formats/perf_script.h"
#include "session/session.h"
#include "session/session_json.h"

static int import(const char *text, const struct clinic_format_options *options,
		  struct clinic_session **session, struct clinic_why *why)
{
	char path[] = "/tmp/perf_script_test.XXXXXX";
	int fd = mkstemp(path);
	int error;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(clinic_session_new(session), 0);
	error = clinic_perf_script_read(path, options, *session, why);
	unlink(path);
	return error;
}

static struct clinic_session *imported(const char *text)
{
	const struct clinic_format_options options = {0};
	struct clinic_session *session;
	struct clinic_why why;

	assert_int_equal(import(text, &options, &session, &why), 0);
	return session;
}

static const struct clinic_sample *samples(struct clinic_session *s,
					   uint32_t wanted)
{
	uint32_t count;
	const struct clinic_sample *sample =
		clinic_session_rows(s, CLINIC_SAMPLES, &count);

	assert_int_equal(count, wanted);
	return sample;
}

static uint32_t rows_of(struct clinic_session *s, enum clinic_table table)
{
	uint32_t count;

	clinic_session_rows(s, table, &count);
	return count;
}

static bool is_noted(struct clinic_session *s, const char *part)
{
	uint32_t count;
	const struct clinic_note *note =
		clinic_session_rows(s, CLINIC_NOTES, &count);

	for (uint32_t i = 0; i < count; i++)
		if (strstr(clinic_session_text(s, note[i].text_id), part))
			return true;
	return false;
}

/* "name@library" of each frame, outermost first. */
static const char *stack_text(struct clinic_session *s, uint32_t id)
{
	static char text[1024];
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(s, CLINIC_STACKS, &count);
	const struct clinic_frame *frame =
		clinic_session_rows(s, CLINIC_FRAMES, &count);
	const struct clinic_library *library =
		clinic_session_rows(s, CLINIC_LIBRARIES, &count);
	char rest[1024];

	*text = '\0';
	for (; id; id = stack[id].parent_id) {
		const struct clinic_frame *f = &frame[stack[id].frame_id];

		strcpy(rest, text);
		snprintf(text, sizeof(text), "%s%s%s@%s;%.600s", "",
			 clinic_session_text(s, f->function_id),
			 f->inlined                      ? "'"
			 : f->tier == CLINIC_TIER_KERNEL ? "#"
							 : "",
			 clinic_session_text(s, library[f->library_id].path_id),
			 rest);
	}
	return text;
}

static void names_may_hold_anything(void **state)
{
	struct clinic_session *s = imported(
		"my prog 1.5: x 12894/12895 [001]  1340.434060:    1001001 "
		"cpu-clock:pppH: \n"
		"\t            11fc std::map<int, a (*)(char)>::find(int)+0x1c "
		"(/tmp/my prog (deleted))\n"
		"\t           2724a _start (/usr/lib/ld.so)\n\n");
	const struct clinic_sample *sample = samples(s, 1);
	uint32_t count;
	const struct clinic_thread *thread =
		clinic_session_rows(s, CLINIC_THREADS, &count);

	(void)state;
	assert_int_equal(sample->time_ns, 1340434060000);
	assert_int_equal(sample->weight_ns, 1001001);
	assert_int_equal(sample->cpu, 1);
	assert_int_equal(sample->flags, 0);
	assert_int_equal(thread[1].pid, 12894);
	assert_int_equal(thread[1].tid, 12895);
	assert_string_equal(clinic_session_text(s, thread[1].name_id),
			    "my prog 1.5: x");
	assert_string_equal(stack_text(s, sample->stack_id),
			    "_start@/usr/lib/ld.so;"
			    "std::map<int, a (*)(char)>::find(int)"
			    "@/tmp/my prog (deleted);");
	clinic_session_free(s);
}

static void an_inlined_frame_is_of_its_callers_library(void **state)
{
	struct clinic_session *s =
		imported("p 1/1 [000] 1.000001: 100 task-clock:u: \n"
			 "\t 10 inner (inlined)\n"
			 "\t 10 middle (inlined)\n"
			 "\t 10 outer+0x4 (/bin/p)\n"
			 "\t 20 main (/bin/p)\n"
			 "\n");

	(void)state;
	assert_string_equal(stack_text(s, samples(s, 1)->stack_id),
			    "main@/bin/p;outer@/bin/p;middle'@/bin/p;"
			    "inner'@/bin/p;");
	/* main is not the entry function of a thread: its caller is missing. */
	assert_int_equal(samples(s, 1)->flags, CLINIC_SAMPLE_TRUNCATED);
	clinic_session_free(s);
}

static void kernel_and_unnamed_frames_are_told(void **state)
{
	struct clinic_session *s = imported(
		"p 1/1 [000] 1.000000001: 100 cpu-clock: \n"
		"\tffffffff821ecc26 do_syscall_64 ([kernel.kallsyms])\n"
		"\tffffffffc0001000 nf_hook ([nf_tables])\n"
		"\t    7fd47f4f2ad7 [unknown] ([unknown])\n"
		"\t            3000 [unknown] (/bin/stripped)\n"
		"\n");
	const struct clinic_sample *sample = samples(s, 1);
	uint32_t count;
	const struct clinic_frame *frame;

	(void)state;
	assert_int_equal(sample->time_ns, 1000000001);
	assert_string_equal(stack_text(s, sample->stack_id),
			    "@/bin/stripped;@;nf_hook#@[nf_tables];"
			    "do_syscall_64#@[kernel.kallsyms];");
	assert_true(sample->flags & CLINIC_SAMPLE_KERNEL);
	frame = clinic_session_rows(s, CLINIC_FRAMES, &count);
	for (uint32_t i = 1; i < count; i++)
		if (!frame[i].function_id)
			assert_int_equal(frame[i].tier, CLINIC_TIER_NONE);
	clinic_session_free(s);
}

static void losses_are_counted(void **state)
{
	struct clinic_session *s = imported(
		"# time of last sample : 1.300000\n"
		"p 1/1 [000] 1.000000: 100 cpu-clock: \n"
		"\t 10 f (/bin/p)\n"
		"p 1/1 [000] 1.100000: PERF_RECORD_LOST lost 12\n"
		"p 1/1 [000] 1.200000: PERF_RECORD_LOST_SAMPLES lost 3\n"
		"this line is from somewhere else\n"
		"p 1/1 [000] 1.300000: 100 cpu-clock: \n"
		"\t 10 f (/bin/p)\n\n");
	const struct clinic_note *note;
	uint32_t count;

	(void)state;
	samples(s, 2);
	assert_int_equal(clinic_session_quality(s)->lost_count, 15);
	note = clinic_session_rows(s, CLINIC_NOTES, &count);
	assert_int_equal(count, 1);
	assert_true(note->is_warning);
	assert_non_null(
		strstr(clinic_session_text(s, note->text_id), "1 lines"));
	clinic_session_free(s);
}

static const char two_events[] = "# time of last sample : 1.200000\n"
				 "p 1/1 [000] 1.000000: 1 page-faults: \n"
				 "\t 10 fault (/bin/p)\n\n"
				 "p 1/1 [000] 1.100000: 55 cycles:u: \n"
				 "\t 10 work (/bin/p)\n\n"
				 "p 1/1 [000] 1.200000: 1 page-faults: \n"
				 "\t 10 fault (/bin/p)\n\n";

static void one_event_is_taken_and_the_others_noted(void **state)
{
	const struct clinic_format_options faults = {.event = "page-faults"};
	const struct clinic_format_options absent = {.event = "cache-misses"};
	struct clinic_session *s = imported(two_events);
	const struct clinic_note *note;
	struct clinic_why why;
	uint32_t count;

	(void)state;
	assert_string_equal(stack_text(s, samples(s, 1)->stack_id),
			    "work@/bin/p;");
	note = clinic_session_rows(s, CLINIC_NOTES, &count);
	assert_int_equal(count, 2);
	assert_non_null(strstr(clinic_session_text(s, note[0].text_id),
			       "2 samples of other events (page-faults)"));
	clinic_session_free(s);

	assert_int_equal(import(two_events, &faults, &s, &why), 0);
	samples(s, 2);
	clinic_session_free(s);

	assert_int_equal(import(two_events, &absent, &s, &why), -ENODATA);
	assert_non_null(strstr(why.text, "3 samples of other events"));
	clinic_session_free(s);
}

static void a_count_of_cycles_is_no_time(void **state)
{
	const struct clinic_format_options plain = {.event = "cycles"};
	const struct clinic_format_options at_999 = {.event = "cycles",
						     .frequency_hz = 999};
	static const char header[] =
		"# cmdline : /usr/bin/perf record -F 500 ./p \n"
		"# hostname : box\n"
		"# event : name = cycles, , id = { 1 }, type = 0, "
		"{ sample_period, sample_freq } = 500, freq = 1, comm = 1\n"
		"p 1/1 [000] 1.100000: 55 cycles: \n\t 10 work (/bin/p)\n\n";
	struct clinic_session *s;
	struct clinic_why why;

	(void)state;
	assert_int_equal(import(two_events, &plain, &s, &why), 0);
	assert_int_equal(samples(s, 1)->weight_ns, 0);
	clinic_session_free(s);
	assert_int_equal(import(two_events, &at_999, &s, &why), 0);
	assert_int_equal(samples(s, 1)->weight_ns, 1001001);
	clinic_session_free(s);
	assert_int_equal(import(header, &plain, &s, &why), 0);
	assert_int_equal(samples(s, 1)->weight_ns, 2000000);
	assert_string_equal(
		clinic_session_text(s, clinic_session_metadata(s)->host_id),
		"box");
	assert_int_equal(clinic_session_metadata(s)->frequency_hz, 500);
	clinic_session_free(s);
}

static void fewer_fields_are_taken_too(void **state)
{
	struct clinic_session *s =
		imported("p 77 1.100000: cpu-clock:      56335d66419f heavy\n"
			 "p 77 1.200000: cpu-clock:      56335d66419f heavy\n");
	const struct clinic_sample *sample = samples(s, 2);
	uint32_t count;
	const struct clinic_thread *thread =
		clinic_session_rows(s, CLINIC_THREADS, &count);

	(void)state;
	assert_string_equal(stack_text(s, sample[1].stack_id), "heavy@;");
	assert_int_equal(thread[1].tid, 77);
	clinic_session_free(s);
}

/*
 * Without call chains, perf pads the name, and "cc1" has hexadecimal digits
 * only.
 */
static void a_padded_name_is_no_frame(void **state)
{
	struct clinic_session *s = imported(
		"             cc1 77/77 [000] 1.100000: 9 cpu-clock: 10 f (/x)\n"
		"             cc1 77/77 [000] 1.200000: 9 cpu-clock: 10 g (/x)\n");
	const struct clinic_sample *sample = samples(s, 2);

	(void)state;
	assert_string_equal(stack_text(s, sample[0].stack_id), "f@/x;");
	assert_string_equal(stack_text(s, sample[1].stack_id), "g@/x;");
	clinic_session_free(s);
}

static void only_a_threads_entry_ends_a_stack(void **state)
{
	static const struct {
		const char *outermost;
		uint16_t flags;
	} cases[] = {
		{"_start", 0},
		{"clone3", 0},
		{"__libc_start_main@@GLIBC_2.34", 0},
		{"clone_object", CLINIC_SAMPLE_TRUNCATED},
		{"[unknown]", CLINIC_SAMPLE_TRUNCATED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct clinic_session *s;
		char text[256];

		snprintf(text, sizeof(text),
			 "p 1/1 [000] 1.0: 9 cpu-clock:\n"
			 "\t 10 work (/x)\n\t 20 %s (/x)\n",
			 cases[i].outermost);
		s = imported(text);
		assert_int_equal(samples(s, 1)->flags, cases[i].flags);
		clinic_session_free(s);
	}
}

static void a_line_that_is_no_frame_stays_an_unknown_one(void **state)
{
	struct clinic_session *s =
		imported("p 1/1 [000] 1.0: 9 cpu-clock:\n"
			 "\t 10 work (/x)\n\t 2zz nonsense\n\t 30 main (/x)\n");

	(void)state;
	assert_string_equal(stack_text(s, samples(s, 1)->stack_id),
			    "main@/x;@;work@/x;");
	clinic_session_free(s);
}

static void what_is_no_perf_script_is_said(void **state)
{
	const struct clinic_format_options options = {0};
	struct clinic_session *s;
	struct clinic_why why;

	(void)state;
	assert_int_equal(import("PERFILE2\x01\x02\n\n\n", &options, &s, &why),
			 -ENODATA);
	assert_non_null(strstr(why.text, "perf script"));
	clinic_session_free(s);
	assert_int_equal(import("", &options, &s, &why), -ENODATA);
	clinic_session_free(s);
}

static void deep_stacks_are_cut_and_said_so(void **state)
{
	const struct clinic_format_options options = {0};
	char *text = malloc(200000);
	size_t end = (size_t)sprintf(text, "p 1/1 [000] 1.0: 9 cpu-clock:\n");
	struct clinic_session *s;
	struct clinic_why why;

	(void)state;
	for (int i = 0; i < 5000; i++)
		end += (size_t)sprintf(text + end, "\t%x deep (/bin/p)\n", i);
	assert_int_equal(import(text, &options, &s, &why), 0);
	assert_true(samples(s, 1)->flags & CLINIC_SAMPLE_TRUNCATED);
	free(text);
	clinic_session_free(s);
}

/* Bug: without the name _start, which strip removes, a stack was truncated. */
static void who_calls_the_caller_of_main_is_the_entry(void **state)
{
	struct clinic_session *s = imported(
		"p 1/1 [000] 1.0: 9 cpu-clock:\n"
		"\t 10 [unknown] (/bin/p)\n"
		"\t 20 __libc_start_main@@GLIBC_2.34 (/usr/lib/libc.so.6)\n"
		"\t 30 [unknown] (/bin/p)\n\n"
		"p 1/1 [000] 2.0: 9 cpu-clock:\n"
		"\t 10 [unknown] (/bin/p)\n"
		"\t 20 [unknown] (/bin/p)\n\n");
	const struct clinic_sample *sample = samples(s, 2);

	(void)state;
	assert_int_equal(sample[0].flags, 0);
	assert_int_equal(sample[1].flags, CLINIC_SAMPLE_TRUNCATED);
	assert_true(is_noted(s, "1 of the stacks end in a frame that perf"));
	clinic_session_free(s);
}

#define HEADER "# time of last sample : 2.000000\n"
#define FIRST  "p 1/1 [000] 1.0: 9 cpu-clock:\n\t 10 work (/x)\n\n"
#define SECOND "p 1/1 [000] 2.0: 9 cpu-clock:\n\t 10 work (/x)\n"

/* Bug: a text that was cut at the end of a line was taken for complete. */
static void what_is_known_of_a_cut_text_is_told(void **state)
{
	static const char later[] = "the recording went on for 1.000000 s";
	static const char amid[] = "ends in the middle of a sample";
	static const char unknown[] = "at the end of the text is not known";
	static const struct {
		const char *text;
		uint32_t samples_count;
		const char *says; /* NULL: nothing */
	} cases[] = {
		{HEADER FIRST SECOND "\n", 2, NULL},
		{"# time of last sample : 2.250000\n" FIRST, 1,
		 "the recording went on for 1.250000 s"},
		{HEADER FIRST, 1, later},
		{HEADER FIRST "p 1/1 [000] 2.0: 9 cpu-cl", 1, later},
		{FIRST SECOND, 2, amid},
		{FIRST SECOND "\t 20 _start (/x)\n", 2, unknown},
		{FIRST SECOND "\t 20 _sta", 2, amid},
		{FIRST SECOND "\n", 2, unknown},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct clinic_session *s = imported(cases[i].text);

		samples(s, cases[i].samples_count);
		assert_int_equal(rows_of(s, CLINIC_NOTES), !!cases[i].says);
		assert_true(!cases[i].says || is_noted(s, cases[i].says));
		clinic_session_free(s);
	}
}

/* There is one stack, main < leaf, whichever fields were printed. */
static const char frames[] =
	"\t          4005d0 leaf (/x)\n\t   4005f1 main (/x)\n\n";
static const char joined[] =
	"\t          4005d0 leaf (/x)\n\t   4005f1 main (/x)\n";
static const char trimmed[] = "4005d0 leaf (/x)\n4005f1 main (/x)\n";

static const struct fields_case {
	const char *line, *frames;
	const char *says; /* NULL: no note about fields */
	struct clinic_thread thread;
	uint64_t time_ns;
} fields_cases[] = {
	{"app 42/43 1.0: cycles: \n", frames, NULL, {42, 43, 0, 0}, 1000000000},
	{"   43/43    1.0:     250000 cycles:u: \n",
	 frames,
	 NULL,
	 {43, 43, 0, 0},
	 1000000000},
	{"app  4242 U  1.0: cycles: \n",
	 frames,
	 NULL,
	 {4242, 4242, 0, 0},
	 1000000000},
	{"app 1.0: cycles: \n",
	 frames,
	 "no process and thread number",
	 {0},
	 1000000000},
	{"app  4242 1.0:     250000 \n",
	 frames,
	 "does not name the event",
	 {4242, 4242, 0, 0},
	 1000000000},
	{"app  4242 cycles: \n", frames, "have no time", {4242, 4242, 0, 0}, 0},
	{"app  4242     250000 cycles: \n",
	 frames,
	 "have no time",
	 {4242, 4242, 0, 0},
	 0},
	{"net reader 1  4242 cycles: \n",
	 frames,
	 "have no time",
	 {4242, 4242, 0, 0},
	 0},
	{"app 42/43 [001] KH         77 cycles:u: \n",
	 frames,
	 "have no time",
	 {42, 43, 0, 0},
	 0},
	{" 4242 cycles: \n", frames, "have no time", {4242, 4242, 0, 0}, 0},
	{" 4242 cycles: \n", joined, "have no time", {4242, 4242, 0, 0}, 0},
	{"tokio: 1  4242 cycles:\n",
	 trimmed,
	 "have no time",
	 {4242, 4242, 0, 0},
	 0},
	{"app  4242 1.0: cycles:\n",
	 trimmed,
	 NULL,
	 {4242, 4242, 0, 0},
	 1000000000},
};

/* The text is repeated, so that the second sample ends the first. */
static struct clinic_session *imported_twice(const struct fields_case *one)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s%s%s", one->line, one->frames,
		 one->line, one->frames);
	return imported(text);
}

static void check_fields(const struct fields_case *one)
{
	struct clinic_session *s = imported_twice(one);
	const struct clinic_sample *sample = samples(s, 2);
	uint32_t count;
	const struct clinic_thread *thread =
		clinic_session_rows(s, CLINIC_THREADS, &count);

	thread += sample->thread_id;
	assert_int_equal(sample->time_ns, one->time_ns);
	assert_int_equal(thread->pid, one->thread.pid);
	assert_int_equal(thread->tid, one->thread.tid);
	assert_int_equal(rows_of(s, CLINIC_STACKS), 3);
	assert_int_equal(rows_of(s, CLINIC_FRAMES), 3);
	assert_false(is_noted(s, "made no sense"));
	assert_false(is_noted(s, "cut short"));
	if (one->says && !is_noted(s, one->says))
		fail_msg("%s: no note %s", one->line, one->says);
	clinic_session_free(s);
}

static void any_choice_of_fields_gives_the_stacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fields_cases) / sizeof(*fields_cases);
	     i++)
		check_fields(&fields_cases[i]);
}

static void a_frame_on_the_samples_line_needs_no_event(void **state)
{
	struct clinic_session *s = imported(
		"app  4242 1.0:     250000           401000 leaf (/x)\n"
		"app  4242 2.0:           401000 leaf (/x)\n"
		"app  4242 cycles:           401000 leaf (/x)\n");

	(void)state;
	samples(s, 2); /* only the third one names an event */
	assert_true(is_noted(s, "1 samples of other events (cycles)"));
	assert_int_equal(rows_of(s, CLINIC_STACKS), 2);
	clinic_session_free(s);
}

/* -F srcline prints a line after each frame. */
static void lines_beside_the_frames_are_told(void **state)
{
	struct clinic_session *s =
		imported("app 4242 1.0: 9 cpu-clock:\n\t 4005d0 leaf (/x)\n"
			 "  leaf.c:12\n\t 4005f1 main (/x)\n  main.c:3\n\n");

	(void)state;
	samples(s, 1);
	assert_int_equal(rows_of(s, CLINIC_STACKS), 3);
	assert_true(is_noted(s, "2 lines beside the frames"));
	assert_false(is_noted(s, "made no sense"));
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_may_hold_anything),
		cmocka_unit_test(an_inlined_frame_is_of_its_callers_library),
		cmocka_unit_test(kernel_and_unnamed_frames_are_told),
		cmocka_unit_test(losses_are_counted),
		cmocka_unit_test(one_event_is_taken_and_the_others_noted),
		cmocka_unit_test(a_count_of_cycles_is_no_time),
		cmocka_unit_test(fewer_fields_are_taken_too),
		cmocka_unit_test(a_padded_name_is_no_frame),
		cmocka_unit_test(only_a_threads_entry_ends_a_stack),
		cmocka_unit_test(a_line_that_is_no_frame_stays_an_unknown_one),
		cmocka_unit_test(what_is_no_perf_script_is_said),
		cmocka_unit_test(deep_stacks_are_cut_and_said_so),
		cmocka_unit_test(who_calls_the_caller_of_main_is_the_entry),
		cmocka_unit_test(what_is_known_of_a_cut_text_is_told),
		cmocka_unit_test(any_choice_of_fields_gives_the_stacks),
		cmocka_unit_test(a_frame_on_the_samples_line_needs_no_event),
		cmocka_unit_test(lines_beside_the_frames_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
