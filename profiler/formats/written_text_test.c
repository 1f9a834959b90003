/* Tests what the formats write, as whole texts where they are short. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/format.h"
#include "session/session_scene.h"

/* What a format writes about a session; the caller frees it. */
static char *written(const char *format, const struct clinic_session *s,
		     const struct clinic_format_options *options)
{
	char path[] = "/tmp/written_text_test.XXXXXX";
	int fd = mkstemp(path);
	char *text = calloc(1 << 18, 1);
	FILE *file;

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(clinic_format_named(format)->write(s, options, path),
			 0);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, (1 << 18) - 1, file) > 0);
	fclose(file);
	unlink(path);
	return text;
}

static void assert_written(const char *format, const struct clinic_session *s,
			   const struct clinic_format_options *options,
			   const char *wanted)
{
	char *text = written(format, s, options);

	assert_string_equal(text, wanted);
	free(text);
}

static void add_in_thread(struct clinic_session *s, const char *thread,
			  uint32_t stack, uint64_t weight_ns)
{
	struct clinic_sample sample = {
		.stack_id = stack, .weight_ns = weight_ns, .flags = 0};

	sample.thread_id = scene_thread(s, 1, 1, thread);
	scene_add(s, CLINIC_SAMPLES, &sample);
}

static uint32_t push_tier(struct clinic_session *s, uint32_t parent,
			  const char *function, uint32_t tier, uint32_t inlined)
{
	struct clinic_frame frame = {.tier = tier, .inlined = inlined};
	uint32_t id, stack;

	frame.function_id = scene_text(s, function);
	assert_int_equal(clinic_session_frame_id(s, &frame, &id), 0);
	assert_int_equal(clinic_session_stack_id(s, parent, id, &stack), 0);
	return stack;
}

static void collapsed_stacks_are_one_line_each(void **state)
{
	static const struct clinic_format_options options = {0};
	struct clinic_session *s = scene_new();
	uint32_t main = scene_stack(s, "main");

	(void)state;
	add_in_thread(s, "t", main, 5);
	add_in_thread(s, "t",
		      push_tier(s, main, "sys_read", CLINIC_TIER_KERNEL, 0), 7);
	add_in_thread(s, "t", push_tier(s, main, "in", CLINIC_TIER_DWARF, 1),
		      8);
	add_in_thread(s, "", scene_stack(s, "odd;name\n"), 9);
	assert_written("collapsed", s, &options,
		       "[unnamed];odd:name\\n 9\n"
		       "t;main 5\n"
		       "t;main;in_[i] 8\n"
		       "t;main;sys_read_[k] 7\n");
	clinic_session_free(s);
}

static void a_collapsed_difference_has_both_numbers(void **state)
{
	struct clinic_session *base = scene_new();
	struct clinic_session *fresh = scene_new();
	const struct clinic_format_options options = {.base = base};

	(void)state;
	add_in_thread(base, "t", scene_stack(base, "main>gone"), 6);
	add_in_thread(base, "t", scene_stack(base, "main>same"), 4);
	add_in_thread(fresh, "u", scene_stack(fresh, "main>same"), 5);
	add_in_thread(fresh, "u", scene_stack(fresh, "main>new"), 1);
	assert_written("collapsed", fresh, &options,
		       "main;gone 6 0\nmain;new 0 1\nmain;same 4 5\n");
	clinic_session_free(base);
	clinic_session_free(fresh);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nis not in\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%s\nis in\n%s", part, text);
}

#define GAUGE(name) "\nclinic_recording_" name

/* What was not observed has no number: a 0 would be a statement. */
static void gauges_of_an_empty_session_claim_nothing(void **state)
{
	static const struct clinic_format_options options = {0};
	struct clinic_session *s = scene_new();
	char *text = written("prometheus", s, &options);

	(void)state;
	assert_has(text, GAUGE("info{command=\"\",host=\"\",tool=\"\","
			       "backend=\"\",event=\"\"} 1\n"));
	assert_has(text, GAUGE("samples 0\n"));
	assert_has(text, GAUGE("exit_code 0\n"));
	assert_lacks(text, "duration");
	assert_lacks(text, "cpu_seconds");
	assert_lacks(text, "peak");
	assert_lacks(text, "lock");
	free(text);
	clinic_session_metadata(s)->exit_unknown = 1;
	text = written("prometheus", s, &options);
	assert_lacks(text, "exit_code");
	free(text);
	clinic_session_free(s);
}

static void add_measured_things(struct clinic_session *s)
{
	struct clinic_sample sample = {.weight_ns = 1500000000};
	struct clinic_sample wait = {.weight_ns = 250000000};
	struct clinic_allocation allocation = {
		.allocations_count = 2, .bytes = 30, .leaked_bytes = 4};
	struct clinic_lock lock = {
		.acquisitions_count = 5, .contended_count = 6, .wait_ns = 7};
	struct clinic_lifetime life = {.watched_ns = 8};

	assert_int_equal(clinic_session_stage_id(s, "sort", &sample.stage_id),
			 0);
	allocation.stage_id = sample.stage_id;
	lock.kind_id = scene_text(s, "mutex");
	scene_add(s, CLINIC_SAMPLES, &sample);
	scene_add(s, CLINIC_WAITS, &wait);
	wait.flags = CLINIC_SAMPLE_PREEMPTED;
	wait.weight_ns = 9;
	scene_add(s, CLINIC_WAITS, &wait);
	scene_add(s, CLINIC_LIFETIMES, &life);
	for (int i = 0; i < 2; i++) {
		scene_add(s, CLINIC_ALLOCATIONS, &allocation);
		scene_add(s, CLINIC_LOCKS, &lock);
	}
}

static void gauges_are_what_was_measured(void **state)
{
	static const struct clinic_format_options options = {0};
	static const char *const wanted[] = {
		"info{command=\"say \\\"\\\\\\\\x\\\"\",",
		"duration_seconds 2.000000001\n",
		"start_timestamp_seconds 5.000000000\n",
		"exit_code 3\n",
		"warnings 1\n",
		"samples 1\n",
		"lost_records 12\n",
		"sampled_cpu_seconds 1.500000000\n",
		"accounted_cpu_seconds 2.000000000\n",
		"stage_cpu_seconds{stage=\"sort\"} 1.500000000\n",
		"peak_bytes 77\n",
		"stage_allocations{stage=\"sort\"} 4\n",
		"stage_allocated_bytes{stage=\"sort\"} 60\n",
		"stage_leaked_bytes{stage=\"sort\"} 8\n",
		"lock_acquisitions{kind=\"mutex\"} 10\n",
		"lock_waits{kind=\"mutex\"} 12\n",
		"lock_wait_seconds{kind=\"mutex\"} 0.000000014\n",
		"off_cpu_seconds{state=\"blocked\"} 0.250000000\n",
		"off_cpu_seconds{state=\"ready\"} 0.000000009\n",
	};
	struct clinic_session *s = scene_new();
	struct clinic_session_metadata *metadata = clinic_session_metadata(s);
	char *text;

	(void)state;
	add_measured_things(s);
	metadata->command_id = scene_text(s, "say \"\\\\x\"");
	metadata->started_ns = 1;
	metadata->ended_ns = 2000000002;
	metadata->started_realtime_ns = 5000000000;
	metadata->exit_code = 3;
	metadata->exit_unknown = 1;
	clinic_session_quality(s)->lost_count = 12;
	clinic_session_quality(s)->accounted_cpu_ns = 2000000000;
	clinic_session_quality(s)->peak_bytes = 77;
	assert_int_equal(clinic_session_add_note(s, 1, "a warning"), 0);
	assert_int_equal(clinic_session_add_note(s, 0, "a remark"), 0);
	text = written("prometheus", s, &options);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		char line[128];

		snprintf(line, sizeof(line), GAUGE("%s"), wanted[i]);
		assert_has(text, line);
	}
	assert_has(text, "# HELP clinic_recording_samples Samples of CPU "
			 "time.\n# TYPE clinic_recording_samples gauge\n");
	assert_lacks(text, "kind=\"\""); /* only the kinds that were seen */
	free(text);
	clinic_session_free(s);
}

static void a_picture_names_frames_with_share_and_place(void **state)
{
	static const struct clinic_format_options options = {
		.title = "a <title> & \"more\""};
	struct clinic_session *s = scene_new();
	uint32_t main = scene_stack(s, "main@/bin/prog");
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++)
		add_in_thread(s, "t", main, 1000000);
	add_in_thread(s, "t",
		      push_tier(s, main, "sys_read", CLINIC_TIER_KERNEL, 0),
		      1000000);
	text = written("flamegraph", s, &options);
	assert_has(text, "a &lt;title&gt; &amp; &quot;more&quot;</text>");
	assert_has(text, "4 samples of  by  over 0.0 s, 0 lost");
	assert_has(text, "<title>main\n100.00 % [51.01, 100.00], 4.000 ms, "
			 "4 samples\nprog</title>");
	assert_has(text, "<title>sys_read\n25.00 % [4.56, 69.94], 1.000 ms, "
			 "1 samples\nkernel</title>");
	assert_has(text, ">sys_read  25.0 %</text>");
	assert_has(text, "class=\"k\"/><text x=\"");
	assert_has(text, "data-icicle=\"0\"");
	assert_has(text, ">prog</text>"); /* the legend */
	free(text);
	clinic_session_free(s);
}

static void a_picture_of_a_difference_shows_what_changed(void **state)
{
	struct clinic_session *base = scene_new();
	struct clinic_session *fresh = scene_new();
	const struct clinic_format_options options = {
		.base = base,
		.base_source = "old.json",
		.source = "new.json",
		.weight = CLINIC_WEIGHT_SAMPLES,
		.is_icicle = true,
	};
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++) {
		add_in_thread(base, "t", scene_stack(base, "main>gone"), 1);
		add_in_thread(fresh, "t", scene_stack(fresh, "main>new"), 1);
	}
	add_in_thread(base, "t", scene_stack(base, "main>same"), 1);
	add_in_thread(fresh, "t", scene_stack(fresh, "main>same"), 1);
	text = written("flamegraph", fresh, &options);
	assert_has(text, "What has changed</text>");
	assert_has(text, "base old.json, new new.json</text>");
	assert_has(text, ">gone  -75.0</text>");
	assert_has(text, ">new  +75.0</text>");
	assert_has(text, ">same  +0.0</text>");
	assert_has(text, "<title>gone\nbase 75.00 % [");
	assert_has(text, "\nnew 0.00 % [");
	assert_has(text, " fill=\"#f57878\"/>"); /* grew, by far */
	assert_has(text, " fill=\"#7884f5\"/>"); /* shrank */
	assert_has(text, " fill=\"#ebebeb\"/>"); /* as before */
	assert_has(text, "data-icicle=\"1\"");
	free(text);
	clinic_session_free(base);
	clinic_session_free(fresh);
}

/* Of a tree with the root on top, y grows with the depth. */
static double y_of(const char *text, const char *title)
{
	const char *at = strstr(text, title);

	if (!at || !(at = strstr(at, " y=\"")))
		fail_msg("no frame %s", title);
	return strtod(at + strlen(" y=\""), NULL);
}

static void the_root_is_at_the_bottom_or_on_top(void **state)
{
	struct clinic_format_options options = {.title = "t"};
	struct clinic_session *s = scene_new();
	char *text;

	(void)state;
	add_in_thread(s, "t", scene_stack(s, "main>work"), 1);
	text = written("flamegraph", s, &options);
	assert_true(y_of(text, "<title>main") > y_of(text, "<title>work"));
	free(text);
	options.is_icicle = true;
	text = written("flamegraph", s, &options);
	assert_true(y_of(text, "<title>main") < y_of(text, "<title>work"));
	free(text);
	clinic_session_free(s);
}

/* A label fits its frame: by characters, not by bytes. */
static void long_names_are_cut_in_narrow_frames(void **state)
{
	static const struct clinic_format_options options = {.title = "t"};
	static const char name[] = "a_caf\xc3\xa9_caf\xc3\xa9_caf\xc3\xa9";
	struct clinic_session *s = scene_new();
	char *text;

	(void)state;
	add_in_thread(s, "t", scene_stack(s, name), 5);
	add_in_thread(s, "t", scene_stack(s, "rest"), 95);
	text = written("flamegraph", s, &options);
	assert_has(text, "a_caf\xc3\xa9\xe2\x80\xa6</text>");
	assert_lacks(text, "\xc3\xe2"); /* half a character */
	free(text);
	clinic_session_free(s);
}

static void a_weight_that_was_not_measured_is_no_picture(void **state)
{
	static const struct clinic_format_options options = {
		.title = "t", .weight = CLINIC_WEIGHT_BYTES};
	struct clinic_session *s = scene_new();

	(void)state;
	add_in_thread(s, "t", scene_stack(s, "main"), 5);
	assert_int_equal(clinic_format_named("flamegraph")
				 ->write(s, &options, "/dev/null"),
			 -ENODATA);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collapsed_stacks_are_one_line_each),
		cmocka_unit_test(a_collapsed_difference_has_both_numbers),
		cmocka_unit_test(gauges_of_an_empty_session_claim_nothing),
		cmocka_unit_test(gauges_are_what_was_measured),
		cmocka_unit_test(a_picture_names_frames_with_share_and_place),
		cmocka_unit_test(a_picture_of_a_difference_shows_what_changed),
		cmocka_unit_test(the_root_is_at_the_bottom_or_on_top),
		cmocka_unit_test(long_names_are_cut_in_narrow_frames),
		cmocka_unit_test(a_weight_that_was_not_measured_is_no_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
