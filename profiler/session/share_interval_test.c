/* Compares intervals of shares with values from the literature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "session/share.h"

static void assert_close(double got, double wanted)
{
	if (fabs(got - wanted) > 5e-5)
		fail_msg("%.6f is not %.4f", got, wanted);
}

/* Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3. */
static void score_intervals_are_the_published_ones(void **state)
{
	static const struct {
		uint64_t part, whole;
		double low, high;
	} published[] = {
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0.0000, 0.1611},
		{1, 29, 0.0061, 0.1718},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct clinic_share share =
			clinic_share_of(published[i].part, published[i].whole,
					(double)published[i].whole);

		assert_close(share.low, published[i].low);
		assert_close(share.high, published[i].high);
	}
}

/* Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10. */
static void the_interval_of_a_change_is_the_published_one(void **state)
{
	struct clinic_share change = clinic_share_change(
		clinic_share_of(48, 80, 80.0), clinic_share_of(56, 70, 70.0));

	(void)state;
	assert_close(change.ratio, 0.2);
	assert_close(change.low, 0.0524);
	assert_close(change.high, 0.3339);
	change = clinic_share_change(clinic_share_of(0, 10, 10.0),
				     clinic_share_of(10, 10, 10.0));
	assert_close(change.low, 0.6075);
	assert_close(change.high, 1.0);
}

static void unlike_weights_count_for_fewer_samples(void **state)
{
	(void)state;
	/* Four samples of equal weight are 4; one with all weight is 1. */
	assert_close(clinic_share_samples(40, 400.0), 4.0);
	assert_close(clinic_share_samples(40, 1600.0), 1.0);
	assert_close(clinic_share_samples(0, 0.0), 0.0);
}

static void counted_shares_are_exact(void **state)
{
	struct clinic_share share = clinic_share_of(1, 4, 0.0);

	(void)state;
	assert_close(share.low, 0.25);
	assert_close(share.high, 0.25);
	assert_close(clinic_share_of(0, 0, 0.0).ratio, 0.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(score_intervals_are_the_published_ones),
		cmocka_unit_test(the_interval_of_a_change_is_the_published_one),
		cmocka_unit_test(unlike_weights_count_for_fewer_samples),
		cmocka_unit_test(counted_shares_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
