/*
 * sum.c - copies the block first, byte by byte and several times. This costs so
 * much time that every block of runs shows it, however busy the machine is.
 */

#include "sum.h"

#include <stdlib.h>
#include <string.h>

#define COPIES 8

static void copy_bytes(volatile unsigned char *to, const unsigned char *from,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = from[i];
}

uint64_t sum_block(const struct block *block)
{
	unsigned char *copy = malloc(block->bytes_count);
	uint64_t sum = 0;

	if (!copy)
		abort();
	for (int i = 0; i < COPIES; i++)
		copy_bytes(copy, block->bytes, block->bytes_count);
	for (size_t i = 0; i < block->bytes_count; i++)
		sum = sum * 31 + copy[i];
	for (size_t i = 0; i < block->bytes_count; i++)
		sum ^= (uint64_t)copy[i] << (i % 56);
	free(copy);
	return sum;
}
