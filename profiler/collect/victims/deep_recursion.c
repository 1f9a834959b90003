/*
 * Uses CPU time below 300 calls of descend(), more than the 127 frames that the
 * kernel records.
 */
#include "known_work.h"

#define DEPTH 300

static volatile int depth_wanted = DEPTH;
static uint64_t wanted_ns;

__attribute__((noinline)) static int descend(int depth)
{
	int below;

	if (depth == depth_wanted) {
		burn_ns(wanted_ns);
		return depth;
	}
	below = descend(depth + 1);
	__asm__ volatile("" : "+r"(below)); /* no tail call */
	return below;
}

int main(int argc, char **argv)
{
	wanted_ns = argument(argc, argv, 1, 150) * 1000000;
	return descend(1) != DEPTH;
}
