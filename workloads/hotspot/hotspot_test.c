/*
 * hotspot_test.c - the three questions by their headers' contracts.
 */
#include "fibonacci.h"
#include "primality.h"
#include "raffle.h"
#include "sellers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIEVE_COUNT 20000

static void fibonacci_is_the_sum_of_the_two_before(void **unused)
{
	(void)unused;
	assert_int_equal(fibonacci(0), 0);
	assert_int_equal(fibonacci(1), 1);
	for (uint32_t i = 2; i <= 25; i++)
		assert_int_equal(fibonacci(i),
				 fibonacci(i - 1) + fibonacci(i - 2));
	assert_int_equal(fibonacci(25), 75025);
}

/* The sieve of Eratosthenes knows nothing of divisions or powers. */
static void primes_are_those_of_a_sieve(void **unused)
{
	static bool composite[SIEVE_COUNT];

	(void)unused;
	assert_false(is_prime(0));
	assert_false(is_prime(1));
	for (uint32_t i = 2; i < SIEVE_COUNT; i++) {
		assert_int_equal(is_prime(i), !composite[i]);
		for (uint32_t j = 2 * i; j < SIEVE_COUNT; j += i)
			composite[j] = true;
	}
}

/* Fermat's test to base 2 takes all of these but the last two for primes. */
static void numbers_that_look_like_primes_are_told_apart(void **unused)
{
	(void)unused;
	assert_false(is_prime(341));
	assert_false(is_prime(10004681));
	assert_false(is_prime(4294967295u));
	assert_true(is_prime(4294967291u));
	assert_true(is_prime(99999989));
}

static void a_seller_is_found_and_a_stranger_is_not(void **unused)
{
	static const char names[] = "aaaaaaaaaaaabbbbbbbbbbbbcccccccccccc";
	static const struct seller sellers[] = {
		{.name = names, .district = 3},
		{.name = names + NAME_BYTES, .district = 17},
	};
	struct seller_register *reg = seller_register_open(sellers, 2);
	uint32_t district = 99;

	(void)unused;
	assert_non_null(reg);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(seller_district(reg, names, &district), 0);
		assert_int_equal(district, 3);
		assert_int_equal(
			seller_district(reg, names + NAME_BYTES, &district), 0);
		assert_int_equal(district, 17);
		assert_int_equal(
			seller_district(reg, names + 2 * NAME_BYTES, &district),
			0);
		assert_int_equal(district, 0);
	}
	seller_register_close(reg);
}

/* One seller, one ticket: draw 6, serial 0x01020304. */
static const uint8_t one_of_each[] = "RFFL\1\0\0\0\1\0\0\0"
				     "aaaaaaaaaaaa\3\0"
				     "\6\4\3\2\1"
				     "aaaaaaaaaaaa";

static void a_raffle_is_read_as_it_was_written(void **unused)
{
	struct raffle raffle;

	(void)unused;
	assert_int_equal(
		raffle_read(&raffle, one_of_each, sizeof(one_of_each) - 1), 0);
	assert_int_equal(raffle.sellers[0].district, 3);
	assert_int_equal(raffle.tickets[0].draw, 6);
	assert_int_equal(raffle.tickets[0].serial, 0x01020304);
	assert_memory_equal(raffle.tickets[0].seller, "aaaaaaaaaaaa",
			    NAME_BYTES);
	raffle_free(&raffle);
}

static void other_bytes_are_no_raffle(void **unused)
{
	struct raffle raffle;

	(void)unused;
	for (size_t cut = 0; cut < sizeof(one_of_each) - 1; cut++)
		assert_int_equal(raffle_read(&raffle, one_of_each, cut),
				 -EPROTO);
	assert_int_equal(
		raffle_read(&raffle, (const uint8_t *)"none of it..", 12),
		-EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fibonacci_is_the_sum_of_the_two_before),
		cmocka_unit_test(primes_are_those_of_a_sieve),
		cmocka_unit_test(numbers_that_look_like_primes_are_told_apart),
		cmocka_unit_test(a_seller_is_found_and_a_stranger_is_not),
		cmocka_unit_test(a_raffle_is_read_as_it_was_written),
		cmocka_unit_test(other_bytes_are_no_raffle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
