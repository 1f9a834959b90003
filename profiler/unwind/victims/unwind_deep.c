/*
 * Known answer: main has called DEPTH calls of descend, one in the other, which
 * are far more than the kernel follows by frame pointers (127), and the last
 * one has called spin.
 */
#include <stdint.h>

enum { DEPTH = 1000 };

static volatile uint64_t sink;

__attribute__((noinline)) static void spin(unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++)
		sink += i;
}

__attribute__((noinline)) static uint64_t descend(unsigned int depth)
{
	if (depth == 0) {
		spin(100000);
		return sink;
	}
	/* used after the call, so that it is no tail call */
	return descend(depth - 1) + sink;
}

int main(void)
{
	for (int i = 0; i < 20000; i++)
		sink = descend(DEPTH - 1);
	return 0;
}
