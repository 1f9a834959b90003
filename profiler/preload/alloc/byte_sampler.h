/*
 * preload/alloc/byte_sampler.h - which allocations are kept when not all are.
 *
 * Every byte is equally likely to be a sample, independent of all others: a
 * Poisson process over the bytes that a thread asks for. An allocation of s
 * bytes is then kept with probability p = 1 - exp(-s / mean), and counts 1 / p
 * times, so that sums over kept ones are unbiased, for any mix of sizes.
 * Weights are whole numbers, rounded at random and without bias.
 *
 * Threads    one sampler a thread.
 * Signals    a handler on the same thread may disturb the next distance,
 *            never the weight of what is kept.
 */
#ifndef PRELOAD_ALLOC_BYTE_SAMPLER_H
#define PRELOAD_ALLOC_BYTE_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLE_WEIGHT_MAX ((UINT64_C(1) << 19) - 1)

struct byte_sampler {
	uint64_t random; /* never 0 */
	double mean_bytes;
	double until_next_bytes;
};

void byte_sampler_start(struct byte_sampler *sampler, uint64_t mean_bytes,
			uint64_t seed);

uint64_t byte_sampler_weigh(struct byte_sampler *sampler, size_t bytes);

/* 0: not kept; else how many allocations like it this one stands for. */
static inline uint64_t byte_sampler_take(struct byte_sampler *sampler,
					 size_t bytes)
{
	sampler->until_next_bytes -= (double)bytes;
	if (__builtin_expect(sampler->until_next_bytes > 0, 1))
		return 0;
	return byte_sampler_weigh(sampler, bytes);
}

#endif
