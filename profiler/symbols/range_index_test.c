/* Tests searches in random ranges, which overlap and nest. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

#include "symbols/range_index.h"

#define NOT_FOUND UINT32_MAX

static uint32_t find(const struct clinic_range_index *index, uint64_t address)
{
	uint32_t payload;

	return clinic_range_index_find(index, address, &payload) ? NOT_FOUND
								 : payload;
}

static void nested_ranges_give_the_innermost(void **state)
{
	struct clinic_range_index index = {0};

	(void)state;
	assert_int_equal(clinic_range_index_add(&index, 20, 30, 2), 0);
	assert_int_equal(clinic_range_index_add(&index, 10, 100, 1), 0);
	assert_int_equal(clinic_range_index_add(&index, 40, 50, 3), 0);
	assert_int_equal(clinic_range_index_add(&index, 42, 44, 4), 0);
	clinic_range_index_sort(&index);
	assert_int_equal(find(&index, 9), NOT_FOUND);
	assert_int_equal(find(&index, 10), 1);
	assert_int_equal(find(&index, 20), 2);
	assert_int_equal(find(&index, 30), 1);
	assert_int_equal(find(&index, 43), 4);
	assert_int_equal(find(&index, 44), 3);
	assert_int_equal(find(&index, 99), 1);
	assert_int_equal(find(&index, 100), NOT_FOUND);
	clinic_range_index_clear(&index);
}

static void of_equal_ranges_the_last_payload_is_innermost(void **state)
{
	struct clinic_range_index index = {0};

	(void)state;
	clinic_range_index_add(&index, 10, 20, 7);
	clinic_range_index_add(&index, 10, 20, 9);
	clinic_range_index_add(&index, 10, 20, 8);
	clinic_range_index_sort(&index);
	assert_int_equal(find(&index, 15), 9);
	clinic_range_index_clear(&index);
}

static void empty_and_inverted_ranges_are_left_out(void **state)
{
	struct clinic_range_index index = {0};

	(void)state;
	clinic_range_index_add(&index, 10, 10, 1);
	clinic_range_index_add(&index, 20, 10, 2);
	clinic_range_index_sort(&index);
	assert_int_equal(index.count, 0);
	assert_int_equal(find(&index, 10), NOT_FOUND);
	clinic_range_index_clear(&index);
}

/* Finds, of the ranges that hold the address, the one that sorts last. */
static uint32_t find_slowly(const struct clinic_range_index *index,
			    uint64_t address)
{
	uint32_t payload = NOT_FOUND;

	for (size_t i = 0; i < index->count; i++)
		if (index->ranges[i].start <= address &&
		    address < index->ranges[i].end)
			payload = index->ranges[i].payload;
	return payload;
}

/* The ranges overlap at random: only those of sound files always nest. */
static void any_ranges_agree_with_a_linear_search(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 200; round++) {
		struct clinic_range_index index = {0};

		for (uint32_t i = 0; i < 40; i++) {
			uint64_t start = (uint64_t)rand() % 100;

			clinic_range_index_add(&index, start,
					       start + (uint64_t)rand() % 30,
					       i);
		}
		clinic_range_index_sort(&index);
		for (uint64_t address = 0; address < 140; address++)
			assert_int_equal(find(&index, address),
					 find_slowly(&index, address));
		clinic_range_index_clear(&index);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_ranges_give_the_innermost),
		cmocka_unit_test(of_equal_ranges_the_last_payload_is_innermost),
		cmocka_unit_test(empty_and_inverted_ranges_are_left_out),
		cmocka_unit_test(any_ranges_agree_with_a_linear_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
