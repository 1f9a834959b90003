/* sum.c - a planted fault: it never ends, and waits, because a loop would take
 * a processor from other tests. */

#include "sum.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t sum_block(const struct block *block)
{
	const volatile size_t *count = &block->bytes_count;

	while (*count)
		pause();
	return 0;
}
