/*
 * Tests that sessions are read as they were written, and damaged files refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/session.h"
#include "session/session_json.h"

static char folder[] = "/tmp/session_json_test.XXXXXX";

static char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* A stack of one frame, whose columns all have extreme values. */
static uint32_t add_stack(struct clinic_session *s)
{
	struct clinic_frame frame = {.line = 4000000000u,
				     .address = UINT64_MAX,
				     .tier = CLINIC_TIER_DWARF,
				     .inlined = 1,
				     .defined_line = 7};
	uint32_t frame_id, stack_id;

	clinic_session_text_id(s, "say \"hi\"\n\\ \x01 caf\xc3\xa9",
			       &frame.function_id);
	clinic_session_text_id(s, "x.h", &frame.defined_file_id);
	clinic_session_library_id(s, "/lib/x.so", "0123abcd",
				  &frame.library_id);
	clinic_session_frame_id(s, &frame, &frame_id);
	clinic_session_stack_id(s, 0, frame_id, &stack_id);
	return stack_id;
}

static void add_samples(struct clinic_session *s, struct clinic_sample *sample)
{
	clinic_session_add(s, CLINIC_SAMPLES, sample);
	sample->time_ns = 900; /* not sorted: the difference is negative */
	clinic_session_add(s, CLINIC_SAMPLES, sample);
	sample->time_ns = UINT64_MAX;
	clinic_session_add(s, CLINIC_SAMPLES, sample);
	clinic_session_add(s, CLINIC_WAITS, sample);
}

static void add_memory(struct clinic_session *s)
{
	struct clinic_allocation allocation = {.bytes = UINT64_MAX,
					       .leaked_count = 3};
	struct clinic_allocation_size size = {.up_to_bytes = 64,
					      .allocations_count = 2};

	clinic_session_add(s, CLINIC_ALLOCATIONS, &allocation);
	clinic_session_add(s, CLINIC_ALLOCATION_SIZES, &size);
}

static void add_lock(struct clinic_session *s,
		     const struct clinic_sample *holder)
{
	struct clinic_lock lock = {.wait_ns = 20000000,
				   .thread_id = holder->thread_id,
				   .owner_stack_id = holder->stack_id};

	clinic_session_text_id(s, "mutex", &lock.kind_id);
	clinic_session_add(s, CLINIC_LOCKS, &lock);
}

/* A row in every table, with values at the edges of their types. */
static struct clinic_session *one_of_everything(void)
{
	struct clinic_session *s;
	struct clinic_sample sample = {.time_ns = 1000,
				       .weight_ns = 1001001,
				       .cpu = UINT16_MAX,
				       .flags = 7};
	struct clinic_metric metric = {
		.time_ns = 1, .rss_bytes = 4096, .threads_count = 2};
	struct clinic_resident_peak peak = {.bytes = 8192, .pid = 1};

	assert_int_equal(clinic_session_new(&s), 0);
	sample.stack_id = add_stack(s);
	clinic_session_thread_id(s, 1, 2, "main", &sample.thread_id);
	clinic_session_stage_id(s, "sort", &sample.stage_id);
	add_samples(s, &sample);
	add_memory(s);
	add_lock(s, &sample);
	clinic_session_add(s, CLINIC_METRICS, &metric);
	clinic_session_add(s, CLINIC_RESIDENT_PEAKS, &peak);
	clinic_session_add_refusal(s, "perf", EACCES, "lower the paranoia");
	clinic_session_add_note(s, 1, "a warning");
	clinic_session_text_id(s, "./prog --x",
			       &clinic_session_metadata(s)->command_id);
	clinic_session_metadata(s)->frequency_hz = 999;
	clinic_session_quality(s)->lost_count = 12;
	return s;
}

static char *slurp(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *bytes = malloc(1 << 20);

	assert_non_null(file);
	*length = fread(bytes, 1, (1 << 20) - 1, file);
	bytes[*length] = '\0';
	fclose(file);
	return bytes;
}

static char *written(struct clinic_session *s, size_t *length)
{
	char *path = in_folder("session.json");

	assert_int_equal(clinic_session_write(s, path), 0);
	return slurp(path, length);
}

static void what_was_read_writes_the_same_bytes(void **state)
{
	struct clinic_session *s = one_of_everything();
	struct clinic_session *again;
	struct clinic_why why;
	size_t length;
	size_t length_again;
	char *text = written(s, &length);
	char *text_again;

	(void)state;
	assert_int_equal(clinic_session_parse(text, length, &again, &why), 0);
	text_again = written(again, &length_again);
	assert_string_equal(text, text_again);
	free(text);
	free(text_again);
	clinic_session_free(s);
	clinic_session_free(again);
}

static void gzip_by_suffix_and_read_by_content(void **state)
{
	struct clinic_session *s = one_of_everything();
	struct clinic_session *again;
	char path[128];
	size_t length;
	char *bytes;
	uint32_t count;

	(void)state;
	strcpy(path, in_folder("session.json.gz"));
	assert_int_equal(clinic_session_write(s, path), 0);
	bytes = slurp(path, &length);
	assert_memory_equal(bytes, "\x1f\x8b", 2);
	assert_int_equal(rename(path, in_folder("no_suffix")), 0);
	assert_int_equal(clinic_session_new(&again), 0);
	assert_int_equal(
		clinic_session_read(in_folder("no_suffix"), again, NULL), 0);
	clinic_session_rows(again, CLINIC_SAMPLES, &count);
	assert_int_equal(count, 3);
	free(bytes);
	clinic_session_free(s);
	clinic_session_free(again);
}

/* Another JSON reader finds the same values in the tables. */
static void jansson_reads_the_same(void **state)
{
	struct clinic_session *s = one_of_everything();
	size_t length;
	char *text = written(s, &length);
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	json_t *times;
	json_t *texts;

	(void)state;
	/* jansson has no integer as large as 2^64 - 1, so it refuses this. */
	assert_null(root);
	clinic_session_free(s);
	free(text);
	/* Without such a number it reads the file. */
	assert_int_equal(clinic_session_new(&s), 0);
	for (uint64_t time_ns = 1; time_ns < 4; time_ns++)
		clinic_session_add(
			s, CLINIC_SAMPLES,
			&(struct clinic_sample){.time_ns = time_ns * 7});
	clinic_session_add_note(s, 0, "say \"hi\"\n\\ \x01 caf\xc3\xa9");
	text = written(s, &length);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(root);
	times = json_object_get(json_object_get(root, "samples"), "time_ns");
	assert_int_equal(json_array_size(times), 3);
	assert_int_equal(json_integer_value(json_array_get(times, 0)), 7);
	assert_int_equal(json_integer_value(json_array_get(times, 2)), 7);
	texts = json_object_get(root, "strings");
	assert_string_equal(json_string_value(json_array_get(texts, 1)),
			    "say \"hi\"\n\\ \x01 caf\xc3\xa9");
	json_decref(root);
	free(text);
	clinic_session_free(s);
}

static void every_cut_is_an_error(void **state)
{
	struct clinic_session *s = one_of_everything();
	struct clinic_session *again;
	struct clinic_why why;
	size_t length;
	char *text = written(s, &length);

	(void)state;
	/* The last byte is the line feed: without it the file is whole. */
	for (size_t cut = 0; cut + 1 < length; cut++) {
		assert_int_equal(clinic_session_parse(text, cut, &again, &why),
				 -EBADMSG);
		assert_int_not_equal(strlen(why.text), 0);
	}
	free(text);
	clinic_session_free(s);
}

static void a_cut_gzip_is_an_error(void **state)
{
	struct clinic_session *s = one_of_everything();
	struct clinic_session *again;
	char path[128];
	struct stat status;

	(void)state;
	strcpy(path, in_folder("cut.json.gz"));
	assert_int_equal(clinic_session_write(s, path), 0);
	assert_int_equal(stat(path, &status), 0);
	/*
	 * The file is cut at many lengths: from one byte less down to nothing.
	 */
	for (off_t size = status.st_size - 1; size >= 0; size -= 7) {
		assert_int_equal(truncate(path, size), 0);
		assert_int_equal(clinic_session_new(&again), 0);
		assert_int_equal(clinic_session_read(path, again, NULL),
				 -EBADMSG);
		clinic_session_free(again);
	}
	clinic_session_free(s);
}

/* The only expectation is that no sanitizer finds an error. */
static void any_changed_byte_is_survived(void **state)
{
	static const char changes[] = "0-9\"]}{,x\\\xff";
	struct clinic_session *s = one_of_everything();
	size_t length;
	char *text = written(s, &length);

	(void)state;
	for (size_t at = 0; at < length; at++) {
		char kept = text[at];

		for (size_t i = 0; i < sizeof(changes) - 1; i++) {
			struct clinic_session *again = NULL;
			struct clinic_why why;

			text[at] = changes[i];
			if (!clinic_session_parse(text, length, &again, &why))
				clinic_session_free(again);
		}
		text[at] = kept;
	}
	free(text);
	clinic_session_free(s);
}

#define HEAD "{\"format\":\"clinic-session\",\"schema\":2"

static void refused(const char *text, int error, const char *because)
{
	struct clinic_session *s;
	struct clinic_why why;

	assert_int_equal(clinic_session_parse(text, strlen(text), &s, &why),
			 error);
	if (!strstr(why.text, because))
		fail_msg("%s does not say %s", why.text, because);
}

static void hostile_files_are_refused_by_name(void **state)
{
	(void)state;
	refused("", -EBADMSG, "it is empty");
	refused("[]", -EBADMSG, "another thing than '{'");
	refused("{}", -EBADMSG, "no \"format\"");
	refused("{\"format\":\"pprof\"}", -EBADMSG, "format");
	refused("{\"format\":\"clinic-session\",\"schema\":99}", -EPROTO,
		"schema is 99");
	refused("{\"format\":\"clinic-session\",\"schema\":0}", -EBADMSG,
		"schema");
	refused(HEAD ",\"surprise\":1}", -EBADMSG, "surprise");
	refused(HEAD ",\"samples\":{\"time_ns\":[0,0],\"cpu\":[1]}}", -EBADMSG,
		"samples.cpu is not as long");
	refused(HEAD ",\"samples\":{\"time_ns\":[0],\"cpu\":[1,2]}}", -EBADMSG,
		"samples.cpu is not as long");
	refused(HEAD ",\"samples\":{\"cpu\":[65536]}}", -EBADMSG, "65536");
	refused(HEAD ",\"samples\":{\"cpu\":[-1]}}", -EBADMSG, "samples.cpu");
	refused(HEAD ",\"samples\":{\"cpu\":[1.5]}}", -EBADMSG, "samples.cpu");
	refused(HEAD ",\"samples\":{\"stack\":[5]}}", -EBADMSG,
		"samples.stack, row 0,");
	refused(HEAD ",\"samples\":{\"size\":[5]}}", -EBADMSG, "size");
	refused(HEAD ",\"samples\":{\"cpu\":[1],\"cpu\":[1]}}", -EBADMSG,
		"two columns");
	refused(HEAD ",\"notes\":{\"text\":[3]}}", -EBADMSG, "notes.text");
	refused(HEAD ",\"strings\":[\"a\"]}", -EBADMSG, "begin");
	refused(HEAD ",\"frames\":{\"tier\":[0,77]}}", -EBADMSG,
		"frames.tier, row 1,");
	refused(HEAD ",\"frames\":{}}", -EBADMSG, "no row 0");
	refused(HEAD ",\"frames\":{\"line\":[1]}}", -EBADMSG, "row 0");
	refused(HEAD "} more", -EBADMSG, "damaged");
	refused(HEAD ",\"about\":{\"host\":7}}", -EBADMSG, "about.host");
}

/* A stack that is its own ancestor would be walked forever. */
static void stacks_in_a_circle_are_refused(void **state)
{
	(void)state;
	refused(HEAD ",\"stacks\":{\"parent\":[0,1]}}", -EBADMSG,
		"stacks.parent, row 1,");
	refused(HEAD ",\"stacks\":{\"parent\":[0,2,1]}}", -EBADMSG,
		"stacks.parent, row 1,");
}

/* By this rule, a reader can read every older file. */
static void an_absent_column_is_zero_and_an_absent_table_empty(void **state)
{
	static const char text[] = HEAD
		",\"samples\":{\"weight_ns\":[5,6]},"
		"\"about\":{\"command\":\"x\"},\"strings\":[\"\",\"y\"]}";
	struct clinic_session *s;
	const struct clinic_sample *sample;
	uint32_t count;

	(void)state;
	assert_int_equal(clinic_session_parse(text, strlen(text), &s, NULL), 0);
	sample = clinic_session_rows(s, CLINIC_SAMPLES, &count);
	assert_int_equal(count, 2);
	assert_int_equal(sample[1].weight_ns, 6);
	assert_int_equal(sample[1].time_ns, 0);
	clinic_session_rows(s, CLINIC_LOCKS, &count);
	assert_int_equal(count, 0);
	/* "about" came before "strings": its texts are its own. */
	assert_string_equal(
		clinic_session_text(s, clinic_session_metadata(s)->command_id),
		"x");
	assert_string_equal(clinic_session_text(s, 1), "y");
	clinic_session_free(s);
}

static void a_session_that_was_read_can_be_added_to(void **state)
{
	struct clinic_session *s = one_of_everything();
	struct clinic_session *again;
	struct clinic_why why;
	size_t length;
	char *text = written(s, &length);
	uint32_t stack;
	uint32_t id;

	(void)state;
	assert_int_equal(clinic_session_parse(text, length, &again, &why), 0);
	assert_int_equal(clinic_session_stack_id(again, 0, 1, &stack), 0);
	assert_int_equal(stack, 1); /* found, not added */
	assert_int_equal(clinic_session_thread_id(again, 1, 2, "main", &id), 0);
	assert_int_equal(id, 1);
	free(text);
	clinic_session_free(s);
	clinic_session_free(again);
}

static void a_full_disk_is_reported(void **state)
{
	struct clinic_session *s = one_of_everything();
	struct stat status;

	(void)state;
	assert_int_equal(clinic_session_write(s, "/dev/full"), -ENOSPC);
	assert_int_equal(stat("/dev/full", &status), 0);
	assert_true(S_ISCHR(status.st_mode)); /* it was not replaced */
	assert_int_equal(clinic_session_write(s, "/nowhere/at/all.json"),
			 -ENOENT);
	clinic_session_free(s);
}

static int files_in_folder(void)
{
	char command[160];
	FILE *listing;
	int count = 0;
	int byte;

	snprintf(command, sizeof(command), "ls -A %s", folder);
	listing = popen(command, "r");
	while ((byte = fgetc(listing)) != EOF)
		count += byte == '\n';
	pclose(listing);
	return count;
}

static void a_failed_write_leaves_the_old_file(void **state)
{
	struct clinic_session *s = one_of_everything();
	struct rlimit limit;
	struct rlimit small;
	char path[128];
	size_t length;
	int files;
	char *text;

	(void)state;
	strcpy(path, in_folder("old.json"));
	assert_int_equal(clinic_session_write(s, path), 0);
	files = files_in_folder();
	for (uint32_t i = 0; i < 5000; i++)
		clinic_session_add(s, CLINIC_SAMPLES,
				   &(struct clinic_sample){.time_ns = i * i});
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(clinic_session_write(s, path), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	text = slurp(path, &length);
	assert_non_null(strstr(text, "\"lost_count\":12"));
	assert_null(strstr(text, "25,27,29")); /* none of the new samples */
	assert_int_equal(files_in_folder(), files);
	free(text);
	clinic_session_free(s);
}

static void a_link_is_written_through(void **state)
{
	struct clinic_session *s = one_of_everything();
	char link[128];
	struct stat status;

	(void)state;
	strcpy(link, in_folder("link.json"));
	assert_int_equal(clinic_session_write(s, in_folder("there.json")), 0);
	assert_int_equal(symlink("there.json", link), 0);
	assert_int_equal(clinic_session_write(s, link), 0);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	clinic_session_free(s);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[160];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_writes_the_same_bytes),
		cmocka_unit_test(gzip_by_suffix_and_read_by_content),
		cmocka_unit_test(jansson_reads_the_same),
		cmocka_unit_test(every_cut_is_an_error),
		cmocka_unit_test(a_cut_gzip_is_an_error),
		cmocka_unit_test(any_changed_byte_is_survived),
		cmocka_unit_test(hostile_files_are_refused_by_name),
		cmocka_unit_test(stacks_in_a_circle_are_refused),
		cmocka_unit_test(
			an_absent_column_is_zero_and_an_absent_table_empty),
		cmocka_unit_test(a_session_that_was_read_can_be_added_to),
		cmocka_unit_test(a_full_disk_is_reported),
		cmocka_unit_test(a_failed_write_leaves_the_old_file),
		cmocka_unit_test(a_link_is_written_through),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
