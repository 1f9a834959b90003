/*
 * preload/alloc/byte_sampler.h - selects the allocations that are kept when
 * allocations are sampled.
 *
 * Each byte is a sample with the same probability, independent of all others: a
 * Poisson process over the bytes that a thread asks for. So an allocation of s
 * bytes is kept with probability p = 1 - exp(-s / mean). It counts as 1 / p
 * allocations, so that sums over the kept allocations are unbiased for any mix
 * of sizes. Weights are integers, rounded up or down at random without bias.
 *
 * Threads    each thread has a sampler of its own.
 * Signals    a handler on the same thread may disturb the distance to the next
 *            sample, but not the weight of an allocation that is kept.
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

/* The weight of an allocation that is kept; draws the next distance. */
uint64_t byte_sampler_weigh(struct byte_sampler *sampler, size_t bytes);

/*
 * The number of allocations of this size that this one stands for; 0: this one
 * is not kept.
 */
static inline uint64_t byte_sampler_take(struct byte_sampler *sampler,
					 size_t bytes)
{
	sampler->until_next_bytes -= (double)bytes;
	if (__builtin_expect(sampler->until_next_bytes > 0, 1))
		return 0;
	return byte_sampler_weigh(sampler, bytes);
}

#endif
