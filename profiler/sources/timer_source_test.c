/* Reads ring files as a target leaves them, sound and damaged. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sources/timer_source.h"
#include "shared_memory/settings.h"
#include "shared_memory/timer_ring.h"

enum {
	GONE = 90000000, /* past any number that the kernel gives */
	FILE_BYTES = TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES,
};

struct fixture {
	struct clinic_source source;
	char folder[PATH_MAX];
};

/* The events in order: 'x' exec, 'n' name, 'm' mapping, 's' sample. */
struct told {
	char kinds[64];
	size_t count;
	uint64_t lost_count;
	uint64_t weight_ns;
	size_t stack_bytes;
};

static int take(void *context, const struct clinic_event *event)
{
	struct told *told = context;
	char kind = '?';

	if (event->kind == CLINIC_EVENT_NAME)
		kind = event->name.is_exec ? 'x' : 'n';
	if (event->kind == CLINIC_EVENT_MAPPING)
		kind = 'm';
	if (event->kind == CLINIC_EVENT_SAMPLE) {
		kind = 's';
		told->weight_ns += event->sample.weight_ns;
		told->stack_bytes = event->sample.stack_bytes;
	}
	if (event->kind == CLINIC_EVENT_DAMAGED)
		kind = 'd';
	if (event->kind == CLINIC_EVENT_LOST) {
		told->lost_count += event->lost_count;
		return 0;
	}
	told->kinds[told->count++] = kind;
	return 0;
}

static int set_up(void **state)
{
	static char self[PATH_MAX];
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	/* Any readable file will do, because it is not loaded here. */
	struct clinic_timer_plan plan = {self, 999};

	*state = fixture;
	snprintf(self, sizeof(self), "/proc/self/exe");
	if (clinic_timer_source_open(&plan, &fixture->source))
		return -1;
	for (char *const *at = clinic_timer_source_settings(&fixture->source);
	     *at; at++)
		sscanf(*at, SETTING_SAMPLER "=999:%s", fixture->folder);
	return fixture->folder[0] ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	fixture->source.close(fixture->source.state);
	assert_int_equal(access(fixture->folder, F_OK), -1);
	free(fixture);
	return 0;
}

static struct timer_ring_head *make_ring(const struct fixture *fixture,
					 int number)
{
	char path[PATH_MAX + 32];
	struct timer_ring_head *head;
	int fd;

	snprintf(path, sizeof(path), "%s/%d.%d", fixture->folder, GONE, number);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, FILE_BYTES), 0);
	head = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	close(fd);
	assert_ptr_not_equal(head, MAP_FAILED);
	head->pid = GONE;
	head->ring_bytes = TIMER_RING_BYTES;
	head->magic = TIMER_RING_MAGIC;
	return head;
}

static void *append(struct timer_ring_head *head, uint32_t bytes,
		    enum timer_record_kind kind)
{
	uint8_t *data = (uint8_t *)head + TIMER_RING_HEAD_BYTES;
	struct timer_record *record = (void *)(data + head->head);

	record->bytes = bytes;
	record->kind = kind;
	head->head += bytes;
	return record;
}

static void append_sample(struct timer_ring_head *head, uint64_t weight_ns,
			  uint64_t stack_bytes)
{
	struct timer_sample *sample = append(
		head, (uint32_t)sizeof(*sample) + 64, TIMER_RECORD_SAMPLE);

	sample->weight_ns = weight_ns;
	sample->tid = GONE;
	sample->stack_bytes = stack_bytes;
	strcpy(sample->name, "victim");
}

static void append_maps(struct timer_ring_head *head, const char *text)
{
	struct timer_maps *maps =
		append(head, sizeof(*maps) + 256, TIMER_RECORD_MAPS);

	maps->text_bytes = strlen(text);
	memcpy(maps + 1, text, strlen(text));
}

static struct told drain(struct fixture *fixture)
{
	struct told told = {0};

	assert_int_equal(fixture->source.drain(fixture->source.state,
					       UINT64_MAX, take, &told),
			 0);
	return told;
}

static void maps_come_before_samples(void **state)
{
	struct fixture *fixture = *state;
	struct timer_ring_head *head = make_ring(fixture, 0);
	struct told told;

	append_sample(head, 10, 64);
	append_maps(head, "00400000-00401000 r-xp 00001000 08:01 77 /bin/a b\n"
			  "00402000-00403000 rw-p 00001000 08:01 77 /bin/a b\n"
			  "nonsense\n");
	append_sample(head, 20, 64);
	told = drain(fixture);
	assert_string_equal(told.kinds, "xmnss");
	assert_int_equal(told.weight_ns, 30);
	assert_int_equal(told.lost_count, 0);
	munmap(head, FILE_BYTES);
}

/* The target was killed in the middle of a record: those before it count. */
static void a_half_written_record_is_lost(void **state)
{
	struct fixture *fixture = *state;
	struct timer_ring_head *head = make_ring(fixture, 0);
	struct told told;

	append_sample(head, 10, 64);
	append(head, 4096, TIMER_RECORD_UNWRITTEN);
	append_sample(head, 20, 64);
	told = drain(fixture);
	assert_int_equal(told.weight_ns, 10);
	assert_int_equal(told.lost_count, 1);
	munmap(head, FILE_BYTES);
}

static void what_it_could_not_write_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct timer_ring_head *head = make_ring(fixture, 0);

	head->lost_count = 7;
	assert_int_equal(drain(fixture).lost_count, 7);
	munmap(head, FILE_BYTES);
}

static void impossible_sizes_are_not_followed(void **state)
{
	static const uint32_t sizes[] = {0, 4, 12, TIMER_RING_BYTES * 2,
					 UINT32_MAX};
	struct fixture *fixture = *state;

	for (int i = 0; i < 5; i++) {
		struct timer_ring_head *head = make_ring(fixture, i);

		append(head, 64, TIMER_RECORD_SAMPLE);
		((struct timer_record *)((uint8_t *)head +
					 TIMER_RING_HEAD_BYTES))
			->bytes = sizes[i];
		assert_int_equal(drain(fixture).weight_ns, 0);
		munmap(head, FILE_BYTES);
	}
}

static void a_stack_larger_than_its_record_is_cut(void **state)
{
	struct fixture *fixture = *state;
	struct timer_ring_head *head = make_ring(fixture, 0);

	append_sample(head, 10, UINT64_MAX);
	assert_int_equal(drain(fixture).stack_bytes, 64);
	munmap(head, FILE_BYTES);
}

/* One process, two programs: the earlier one's samples come first. */
static void an_exec_is_told_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct timer_ring_head *second = make_ring(fixture, 1);
	struct timer_ring_head *first = make_ring(fixture, 0);

	append_sample(first, 1, 64);
	append_sample(second, 2, 64);
	append_sample(second, 2, 64);
	assert_string_equal(drain(fixture).kinds, "xnsxnss");
	munmap(first, FILE_BYTES);
	munmap(second, FILE_BYTES);
}

static void a_ring_that_claims_too_much_is_left(void **state)
{
	struct fixture *fixture = *state;
	struct timer_ring_head *head = make_ring(fixture, 0);

	append_sample(head, 10, 64);
	head->head = UINT64_C(1) << 40;
	assert_string_equal(drain(fixture).kinds, "xd");
	munmap(head, FILE_BYTES);
}

/* The ring of a running program (this one) is cut: reading it gives SIGBUS. */
static void a_ring_cut_short_is_left(void **state)
{
	struct fixture *fixture = *state;
	struct timer_ring_head *head = make_ring(fixture, 0);
	char from[PATH_MAX + 32], to[PATH_MAX + 32];

	snprintf(from, sizeof(from), "%s/%d.0", fixture->folder, GONE);
	snprintf(to, sizeof(to), "%s/%d.0", fixture->folder, getpid());
	assert_int_equal(rename(from, to), 0);
	append_sample(head, 10, 64);
	assert_string_equal(drain(fixture).kinds, "xns");
	assert_int_equal(truncate(to, 0), 0);
	assert_string_equal(drain(fixture).kinds, "d");
	assert_string_equal(drain(fixture).kinds, "");
	munmap(head, FILE_BYTES);
}

/* Opening a FIFO would wait, and a folder cannot be removed as a file. */
static void what_is_no_file_is_passed_over_and_removed(void **state)
{
	struct fixture *fixture = *state;
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%d.0", fixture->folder, GONE);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/%d.1", fixture->folder, GONE);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/inner");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_string_equal(drain(fixture).kinds, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(maps_come_before_samples,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_half_written_record_is_lost,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_it_could_not_write_is_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			impossible_sizes_are_not_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_stack_larger_than_its_record_is_cut, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(an_exec_is_told_in_order,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_ring_that_claims_too_much_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_ring_cut_short_is_left,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_no_file_is_passed_over_and_removed, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
