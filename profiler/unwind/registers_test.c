/* Tests the conversion of registers from each source's order to DWARF's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unwind/registers.h"

enum { ABI_NONE = 0, ABI_32 = 1, ABI_64 = 2 };

#if defined(__x86_64__)
/* ax bx cx dx si di bp sp ip r8 ... r15, in the order of the kernel. */
static const uint8_t order[] = {0, 3, 2,  1,  4,  5,  6,  7, 16,
				8, 9, 10, 11, 12, 13, 14, 15};
enum { PERF_SP = 7, PERF_PC = 8 };
#else
static const uint8_t order[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
				11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
				22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
enum { PERF_SP = 31, PERF_PC = 32 };
#endif

static void perf_registers_are_renumbered(void **state)
{
	uint64_t values[CLINIC_REGISTERS];
	struct clinic_registers r;

	(void)state;
	assert_int_equal(sizeof(order), CLINIC_REGISTERS);
	for (size_t i = 0; i < sizeof(order); i++)
		values[i] = i + 1;
	assert_int_equal(clinic_registers_from_perf(
				 &r, ABI_64, CLINIC_PERF_REGISTERS, values),
			 0);
	assert_int_equal(r.known, (UINT64_C(1) << CLINIC_REGISTERS) - 1);
	for (size_t i = 0; i < sizeof(order); i++)
		assert_int_equal(r.value[order[i]], values[i]);
}

static void registers_that_were_not_asked_for_are_not_known(void **state)
{
	static const uint64_t values[] = {1, 2};
	uint64_t mask = UINT64_C(1) << PERF_SP | UINT64_C(1) << PERF_PC;
	struct clinic_registers r = {.known = UINT64_MAX}; /* of another one */

	(void)state;
	assert_int_equal(clinic_registers_from_perf(&r, ABI_64, mask, values),
			 0);
	assert_int_equal(r.value[CLINIC_REGISTER_SP], 1);
	assert_int_equal(r.value[CLINIC_REGISTER_PC], 2);
	assert_false(clinic_registers_know(&r, CLINIC_REGISTER_FP));
}

static void no_registers_are_refused(void **state)
{
	struct clinic_registers r;

	(void)state;
	assert_int_equal(clinic_registers_from_perf(&r, ABI_NONE, 0, NULL),
			 -ENOTSUP);
}

static void a_32_bit_program_tells_where_it_is(void **state)
{
	uint64_t values[64], mask = CLINIC_PERF_REGISTERS;
	struct clinic_registers r;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		values[i] = i;
	assert_int_equal(clinic_registers_from_perf(&r, ABI_32, mask, values),
			 0);
	assert_true(clinic_registers_know(&r, CLINIC_REGISTER_PC));
	assert_true(clinic_registers_know(&r, CLINIC_REGISTER_SP));
	assert_false(clinic_registers_know(&r, CLINIC_REGISTER_FP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_32_bit_program_tells_where_it_is),
		cmocka_unit_test(perf_registers_are_renumbered),
		cmocka_unit_test(
			registers_that_were_not_asked_for_are_not_known),
		cmocka_unit_test(no_registers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
