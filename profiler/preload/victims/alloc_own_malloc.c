/* Brings its own malloc, so that a preloaded library sees none of its calls. */
#include "own_malloc.h"

void *malloc(size_t bytes)
{
	return take_block(bytes);
}

int main(void)
{
	void *volatile block = malloc(10);

	free(block);
	return 0;
}
