/*
 * many_stacks: allocates 20 000 blocks, each along another call stack; prints
 * "done".
 */
#include <stdio.h>
#include <stdlib.h>

static void *volatile kept;

__attribute__((noinline)) static void dig(unsigned path, int depth)
{
	if (!depth) {
		kept = malloc(32);
		return;
	}
	/* If both calls were the same, the compiler would make them one. */
	if (path & 1) {
		dig(path >> 1, depth - 1);
		__asm__ volatile("nop");
	} else {
		dig(path >> 1, depth - 1);
		__asm__ volatile("");
	}
}

int main(void)
{
	for (unsigned i = 0; i < 20000; i++)
		dig(i, 15);
	puts("done");
	return 0;
}
