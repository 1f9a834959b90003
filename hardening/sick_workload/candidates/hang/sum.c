/* sum.c - a planted fault: it never ends. */

#include "sum.h"

#include <stdlib.h>
#include <string.h>

uint64_t sum_block(const struct block *block)
{
	const volatile size_t *count = &block->bytes_count;

	while (*count)
		;
	return 0;
}
