/*
 * deepens FIRST SECOND: uses FIRST ms of CPU time in main, then SECOND ms below
 * a frame of 12 KiB, which is more than the recorder copies of a stack while
 * all stacks of the program are small.
 */
#include <string.h>

#include "known_work.h"

#define FRAME_BYTES 12288

__attribute__((noinline)) static int burn_below(uint64_t duration_ns)
{
	char frame[FRAME_BYTES];

	/* The kernel copies a stack only up to a page that was never used. */
	memset(frame, 1, sizeof(frame));
	__asm__ volatile("" : : "r"(frame) : "memory");
	burn_ns(duration_ns);
	return frame[0];
}

int main(int argc, char **argv)
{
	burn_ns(argument(argc, argv, 1, 500) * 1000000);
	return burn_below(argument(argc, argv, 2, 500) * 1000000) != 1;
}
