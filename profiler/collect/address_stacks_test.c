/* Adds the same stack of addresses twice, and thousands of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collect/address_stacks.h"

static struct clinic_address_stacks *new_stacks(void)
{
	struct clinic_address_stacks *stacks;

	assert_int_equal(clinic_address_stacks_new(&stacks), 0);
	return stacks;
}

static uint32_t push(struct clinic_address_stacks *stacks, uint32_t parent,
		     uint32_t module, uint64_t address)
{
	struct clinic_address_frame frame = {address, module, parent};
	uint32_t id;

	assert_int_equal(clinic_address_stacks_push(stacks, &frame, &id), 0);
	return id;
}

static void the_same_stack_is_one_number(void **state)
{
	struct clinic_address_stacks *stacks = new_stacks();
	uint32_t root = push(stacks, 0, 1, 0x10);
	uint32_t leaf = push(stacks, root, 1, 0x20);

	(void)state;
	assert_int_equal(push(stacks, 0, 1, 0x10), root);
	assert_int_equal(push(stacks, root, 1, 0x20), leaf);
	assert_int_not_equal(push(stacks, root, 2, 0x20), leaf);
	assert_int_not_equal(push(stacks, 0, 1, 0x20), leaf);
	clinic_address_stacks_free(stacks);
}

static void numbers_stay_while_it_grows(void **state)
{
	struct clinic_address_stacks *stacks = new_stacks();
	const struct clinic_address_frame *rows;
	uint32_t count, parent = 0;

	(void)state;
	for (uint64_t i = 0; i < 50000; i++)
		parent = push(stacks, parent, CLINIC_ADDRESS_KERNEL, i);
	rows = clinic_address_stacks_rows(stacks, &count);
	assert_int_equal(count, 50001);
	parent = 0;
	for (uint64_t i = 0; i < 50000; i++) {
		uint32_t id = push(stacks, parent, CLINIC_ADDRESS_KERNEL, i);

		assert_int_equal(id, i + 1);
		assert_true(rows[id].parent < id);
		assert_int_equal(rows[id].address, i);
		parent = id;
	}
	clinic_address_stacks_free(stacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_stack_is_one_number),
		cmocka_unit_test(numbers_stay_while_it_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
