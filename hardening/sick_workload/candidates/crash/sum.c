/* sum.c - a planted fault: it aborts. */

#include "sum.h"

#include <stdlib.h>
#include <string.h>

uint64_t sum_block(const struct block *block)
{
	(void)block;
	abort();
}
