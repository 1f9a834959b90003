/*
 * A function calls itself to a depth of 30 001 frames. Each allocates a block
 * of 24 bytes before its call, and frees it afterwards.
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
