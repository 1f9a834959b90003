/* sum.c - a planted fault: it does not compile. */

#include "sum.h"

#include <stdlib.h>
#include <string.h>

uint64_t sum_block(const struct block *block)
{
	return block->no_such_member;
}
