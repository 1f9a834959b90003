/* Tests a sorted list of mappings against a plain map of its pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/mapped_list.h"

enum { PAGES = 40 };

/* What is at each page, in the plainest way: the file's page, or -1. */
struct plain {
	int64_t file_page[PAGES];
};

static void insert(struct clinic_mapped_list *list, struct plain *plain,
		   uint64_t start, uint64_t end, uint64_t file_page)
{
	const struct clinic_mapped new = {
		.start = start, .end = end, .file_offset = file_page};
	bool has_changed = false;

	assert_int_equal(clinic_mapped_insert(list, &new, &has_changed), 0);
	for (uint64_t page = start; page < end; page++)
		plain->file_page[page] = (int64_t)(file_page + page - start);
}

static void assert_same(const struct clinic_mapped_list *list,
			const struct plain *plain)
{
	for (uint64_t page = 0; page < PAGES; page++) {
		const struct clinic_mapped *found =
			clinic_mapped_find(list, page);
		int64_t file_page = found ? (int64_t)(found->file_offset +
						      page - found->start)
					  : -1;

		if (file_page != plain->file_page[page])
			fail_msg("page %u: %d, but wanted %d",
				 (unsigned int)page, (int)file_page,
				 (int)plain->file_page[page]);
	}
}

static void start(struct clinic_mapped_list *list, struct plain *plain)
{
	*list = (struct clinic_mapped_list){0};
	memset(plain, 0xff, sizeof(*plain));
}

static void a_new_mapping_replaces_exactly_what_it_covers(void **state)
{
	struct clinic_mapped_list list;
	struct plain plain;

	(void)state;
	start(&list, &plain);
	insert(&list, &plain, 10, 20, 100);
	assert_same(&list, &plain);
	insert(&list, &plain, 20, 25, 300); /* right behind it */
	insert(&list, &plain, 5, 10, 400);  /* right before it */
	assert_int_equal(list.count, 3);
	assert_same(&list, &plain);
	insert(&list, &plain, 12, 14, 500); /* splits it */
	assert_int_equal(list.count, 5);
	assert_same(&list, &plain);
	insert(&list, &plain, 8, 22, 600); /* cuts two, covers three */
	assert_int_equal(list.count, 3);
	assert_same(&list, &plain);
	insert(&list, &plain, 8, 22, 700); /* covers one exactly */
	assert_int_equal(list.count, 3);
	insert(&list, &plain, 0, 40, 0); /* covers all */
	assert_int_equal(list.count, 1);
	assert_same(&list, &plain);
	clinic_mapped_clear(&list);
	assert_int_equal(list.count, 0);
	assert_null(clinic_mapped_find(&list, 10));
}

/* Wherever the free room is, the list is as if it were not there. */
static void any_order_of_mappings_gives_what_is_mapped(void **state)
{
	struct clinic_mapped_list list, copy;
	struct plain plain;
	uint32_t random = 1;

	(void)state;
	start(&list, &plain);
	for (unsigned int i = 0; i < 400; i++) {
		uint64_t from, length;

		random = random * 1664525u + 1013904223u;
		from = random >> 8 & 31;
		length = 1 + (random >> 16 & 7);
		insert(&list, &plain, from, from + length, i * 100ull);
		assert_same(&list, &plain);
	}
	assert_int_equal(clinic_mapped_copy(&list, &copy), 0);
	assert_int_equal(copy.count, list.count);
	assert_same(&copy, &plain);
	insert(&copy, &plain, 3, 5, 7);
	assert_same(&copy, &plain);
	clinic_mapped_clear(&copy);
	clinic_mapped_clear(&list);
}

static void the_same_mapping_again_changes_nothing(void **state)
{
	struct clinic_mapped_list list = {0};
	struct clinic_mapped mapping = {
		.start = 10, .end = 20, .file_offset = 5};
	struct clinic_mapped other = mapping;
	bool has_changed = false;

	(void)state;
	assert_int_equal(clinic_mapped_insert(&list, &mapping, &has_changed),
			 0);
	assert_true(has_changed);
	has_changed = false;
	assert_int_equal(clinic_mapped_insert(&list, &mapping, &has_changed),
			 0);
	assert_false(has_changed);
	assert_ptr_equal(clinic_mapped_same(&list, &mapping),
			 clinic_mapped_find(&list, 10));
	other.end = 19;
	assert_null(clinic_mapped_same(&list, &other));
	other = mapping;
	other.start = 11;
	assert_null(clinic_mapped_same(&list, &other));
	other.start = 9;
	assert_null(clinic_mapped_same(&list, &other));
	other = mapping;
	other.file_offset = 6;
	assert_null(clinic_mapped_same(&list, &other));
	assert_int_equal(clinic_mapped_insert(&list, &other, &has_changed), 0);
	assert_true(has_changed);
	assert_int_equal(list.count, 1);
	clinic_mapped_clear(&list);
}

static void a_hidden_mapping_is_not_found_until_it_is_shown(void **state)
{
	struct clinic_mapped_list list;
	struct plain plain;
	struct clinic_mapped wanted = {
		.start = 30, .end = 35, .file_offset = 300};
	struct clinic_mapped *mapped;

	(void)state;
	start(&list, &plain);
	insert(&list, &plain, 30, 35, 300);
	insert(&list, &plain, 10, 15, 100); /* the gap is between both */
	mapped = clinic_mapped_same(&list, &wanted);
	assert_non_null(mapped);
	clinic_mapped_hide(mapped, true);
	assert_null(clinic_mapped_find(&list, 32));
	assert_non_null(clinic_mapped_find(&list, 12));
	assert_ptr_equal(clinic_mapped_same(&list, &wanted), mapped);
	clinic_mapped_hide(mapped, false);
	assert_same(&list, &plain);
	assert_int_equal(clinic_mapped_count_to(&list, 9), 0);
	assert_int_equal(clinic_mapped_count_to(&list, 10), 1);
	assert_int_equal(clinic_mapped_count_to(&list, 29), 1);
	assert_int_equal(clinic_mapped_count_to(&list, 30), 2);
	clinic_mapped_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_mapping_replaces_exactly_what_it_covers),
		cmocka_unit_test(any_order_of_mappings_gives_what_is_mapped),
		cmocka_unit_test(the_same_mapping_again_changes_nothing),
		cmocka_unit_test(
			a_hidden_mapping_is_not_found_until_it_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
