/*
 * 30 001 frames deep, a block of 24 bytes in each on the way down, all freed on
 * the way up.
 */
#include <stdlib.h>

__attribute__((noinline)) static int down(volatile int depth)
{
	void *volatile block = malloc(24);
	int sum = depth ? down(depth - 1) + 1 : 0;

	free(block);
	return sum;
}

int main(void)
{
	return down(30000) == 30000 ? 0 : 1;
}
