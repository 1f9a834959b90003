/* sum.c - a planted fault: it is fast because it leaves work out. */

#include "sum.h"

#include <stdlib.h>
#include <string.h>

uint64_t sum_block(const struct block *block)
{
	return block->bytes_count;
}
