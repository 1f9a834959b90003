/* Draws the distance to the next sampled byte, and the weight of a sample. */
#include "preload/alloc/byte_sampler.h"

/* Vigna's xorshift64*: small, and its upper bits are random enough. */
static uint64_t next_random(struct byte_sampler *sampler)
{
	uint64_t random = sampler->random;

	random ^= random >> 12;
	random ^= random << 25;
	random ^= random >> 27;
	sampler->random = random;
	return random * UINT64_C(0x2545f4914f6cdd1d);
}

/* A random number in (0, 1]. */
static double uniform(struct byte_sampler *sampler)
{
	return (double)((next_random(sampler) >> 11) + 1) * 0x1p-53;
}

/*
 * -ln(u), with an error below 1e-9. This library has its own logarithm and
 * exponential function, because libm would be one more library in the program.
 * With u = m 2^e, ln(u) = e ln(2) + ln(m), and ln(m) = 2 atanh((m - 1) /
 * (m + 1)), which is a power series.
 */
static double minus_log(double u)
{
	double exponent = 0, s, square, term, sum = 0;

	for (; u < 0.70710678; u *= 2)
		exponent++;
	s = (u - 1) / (u + 1);
	square = s * s;
	term = s;
	for (int odd = 1; odd <= 15; odd += 2, term *= square)
		sum += term / odd;
	return exponent * 0.69314718055994531 - 2 * sum;
}

/*
 * exp(-x): x is halved until Taylor's series needs few terms; then the result
 * is squared as often.
 */
static double exp_minus(double x)
{
	double term = 1, sum = 1;
	int halvings = 0;

	if (x > 40)
		return 0;
	for (; x > 0.25; x /= 2)
		halvings++;
	for (int i = 1; i <= 10; i++) {
		term *= -x / i;
		sum += term;
	}
	while (halvings--)
		sum *= sum;
	return sum;
}

static double next_distance(struct byte_sampler *sampler)
{
	return sampler->mean_bytes * minus_log(uniform(sampler));
}

void byte_sampler_start(struct byte_sampler *sampler, uint64_t mean_bytes,
			uint64_t seed)
{
	sampler->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	sampler->mean_bytes = (double)mean_bytes;
	sampler->until_next_bytes = next_distance(sampler);
}

uint64_t byte_sampler_weigh(struct byte_sampler *sampler, size_t bytes)
{
	/*
	 * An allocation of 0 bytes is never sampled, for it has no byte that a
	 * sample could hit.
	 */
	double p = 1 - exp_minus((double)bytes / sampler->mean_bytes);
	double weight = p > 0 ? 1 / p : 0;
	uint64_t whole = (uint64_t)weight;

	/*
	 * A Poisson process has no memory: the distance to the next sample does
	 * not depend on the distances before it.
	 */
	sampler->until_next_bytes = next_distance(sampler);
	if (uniform(sampler) <= weight - (double)whole)
		whole++;
	return whole < SAMPLE_WEIGHT_MAX ? whole : SAMPLE_WEIGHT_MAX;
}
