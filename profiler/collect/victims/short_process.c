/* Uses 20 ms of CPU time, or argv[1] ms, and ends. */
#include "known_work.h"

__attribute__((noinline)) static void live_shortly(uint64_t duration_ns)
{
	burn_ns(duration_ns);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	live_shortly(argument(argc, argv, 1, 20) * 1000000);
	return 0;
}
