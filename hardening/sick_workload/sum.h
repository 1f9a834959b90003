/* sum.h - the sum of a block's bytes. */
#ifndef SICK_SUM_H
#define SICK_SUM_H

#include <stddef.h>
#include <stdint.h>

struct block {
	const unsigned char *bytes;
	size_t bytes_count;
};

uint64_t sum_block(const struct block *block);

#endif
