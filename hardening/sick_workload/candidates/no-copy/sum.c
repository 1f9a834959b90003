/* sum.c - sums the block in place, in one pass. */

#include "sum.h"

#include <stdlib.h>
#include <string.h>

uint64_t sum_block(const struct block *block)
{
	uint64_t sum = 0;
	uint64_t mixed = 0;

	for (size_t i = 0; i < block->bytes_count; i++) {
		sum = sum * 31 + block->bytes[i];
		mixed ^= (uint64_t)block->bytes[i] << (i % 56);
	}
	return sum ^ mixed;
}
