/* Compares the sampler's sums and distances with what theory predicts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "preload/alloc/byte_sampler.h"

#define DRAWS 400000u

/* A correct sampler exceeds six standard errors once in 500 million checks. */
static void assert_near(double got, double expected, double error)
{
	if (fabs(got - expected) > 6 * error)
		fail_msg("%g is not %g within 6 x %g", got, expected, error);
}

static void sums_are_unbiased_for_every_size(void **unused)
{
	static const size_t sizes[] = {1, 16, 100, 4096, 5000, 100000};

	(void)unused;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		struct byte_sampler sampler;
		double sum = 0, squares = 0, p;

		byte_sampler_start(&sampler, 4096, 7 + s);
		for (size_t i = 0; i < DRAWS; i++) {
			double weight =
				(double)byte_sampler_take(&sampler, sizes[s]);

			sum += weight;
			squares += weight * weight;
		}
		p = 1 - exp(-(double)sizes[s] / 4096);
		assert_near(sum, DRAWS, sqrt(squares) + 1);
		assert_near(squares / sum * p, 1, 0.05);
	}
}

static void what_is_far_larger_than_the_mean_is_always_kept(void **unused)
{
	struct byte_sampler sampler;

	(void)unused;
	byte_sampler_start(&sampler, 64, 3);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(byte_sampler_take(&sampler, 1 << 20), 1);
}

static void distances_are_exponential(void **unused)
{
	struct byte_sampler sampler;
	double sum = 0, squares = 0;

	(void)unused;
	byte_sampler_start(&sampler, 1000, 11);
	for (size_t i = 0; i < DRAWS; i++) {
		double distance;

		(void)byte_sampler_weigh(&sampler, 1);
		distance = sampler.until_next_bytes;
		assert_true(distance >= 0);
		sum += distance;
		squares += distance * distance;
	}
	assert_near(sum / DRAWS, 1000, 1000 / sqrt(DRAWS));
	/* E[x^2] = 2 mean^2, Var[x^2] = 20 mean^4. */
	assert_near(squares / DRAWS, 2e6, sqrt(20) * 1e6 / sqrt(DRAWS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_unbiased_for_every_size),
		cmocka_unit_test(
			what_is_far_larger_than_the_mean_is_always_kept),
		cmocka_unit_test(distances_are_exponential),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
