/* Reads a ring in plain memory, filled as the kernel fills its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/perf_ring.h"

enum { DATA_BYTES = 4096 };

struct fixture {
	struct perf_event_mmap_page page;
	uint8_t data[DATA_BYTES] __attribute__((aligned(8)));
	uint8_t joined[CLINIC_PERF_RECORD_MAX];
	struct clinic_perf_ring ring;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->ring = (struct clinic_perf_ring){
		.page = &fixture->page,
		.data = fixture->data,
		.data_bytes = DATA_BYTES,
		.joined = fixture->joined,
	};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

/* A record whose bytes after the header count up from its number. */
static void write_record(struct fixture *fixture, uint16_t size, uint8_t number)
{
	struct perf_event_header header = {.type = number, .size = size};
	uint8_t bytes[1024];

	memcpy(bytes, &header, sizeof(header));
	for (size_t i = sizeof(header); i < size; i++)
		bytes[i] = (uint8_t)(number + i);
	for (size_t i = 0; i < size; i++)
		fixture->data[(fixture->page.data_head + i) % DATA_BYTES] =
			bytes[i];
	fixture->page.data_head += size;
}

static void assert_next(struct fixture *fixture, uint16_t size, uint8_t number)
{
	const struct perf_event_header *record =
		clinic_perf_ring_peek(&fixture->ring);
	const uint8_t *bytes = (const uint8_t *)record;

	assert_non_null(record);
	assert_int_equal(record->type, number);
	assert_int_equal(record->size, size);
	for (size_t i = sizeof(*record); i < size; i++)
		assert_int_equal(bytes[i], (uint8_t)(number + i));
	clinic_perf_ring_next(&fixture->ring);
}

static void records_come_in_order(void **state)
{
	struct fixture *fixture = *state;

	write_record(fixture, 40, 1);
	write_record(fixture, 72, 2);
	clinic_perf_ring_begin(&fixture->ring);
	write_record(fixture, 24, 3); /* after the begin: not seen yet */
	assert_next(fixture, 40, 1);
	assert_next(fixture, 72, 2);
	assert_null(clinic_perf_ring_peek(&fixture->ring));
	assert_int_equal(fixture->page.data_tail, 0);
	clinic_perf_ring_end(&fixture->ring);
	assert_int_equal(fixture->page.data_tail, 112);
	clinic_perf_ring_begin(&fixture->ring);
	assert_next(fixture, 24, 3);
}

static void a_record_that_wraps_is_joined(void **state)
{
	struct fixture *fixture = *state;

	for (int round = 0; round < 100; round++) {
		/* 1000 does not divide 4096, so records wrap everywhere. */
		write_record(fixture, 1000, (uint8_t)round);
		clinic_perf_ring_begin(&fixture->ring);
		assert_next(fixture, 1000, (uint8_t)round);
		clinic_perf_ring_end(&fixture->ring);
	}
}

static void peeking_twice_is_the_same_record(void **state)
{
	struct fixture *fixture = *state;

	write_record(fixture, 40, 1);
	clinic_perf_ring_begin(&fixture->ring);
	assert_ptr_equal(clinic_perf_ring_peek(&fixture->ring),
			 clinic_perf_ring_peek(&fixture->ring));
}

static void an_impossible_size_is_counted_and_skipped(void **state)
{
	struct fixture *fixture = *state;

	for (uint16_t size = 0; size < 2000; size = (uint16_t)(size + 1999)) {
		struct perf_event_header header = {.type = 9, .size = size};

		memcpy(fixture->data + fixture->page.data_head, &header,
		       sizeof(header));
		fixture->page.data_head += 40;
		clinic_perf_ring_begin(&fixture->ring);
		assert_null(clinic_perf_ring_peek(&fixture->ring));
		clinic_perf_ring_end(&fixture->ring);
		assert_int_equal(fixture->page.data_tail,
				 fixture->page.data_head);
	}
	assert_int_equal(fixture->ring.damaged_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_come_in_order, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_record_that_wraps_is_joined,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			peeking_twice_is_the_same_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_impossible_size_is_counted_and_skipped, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
