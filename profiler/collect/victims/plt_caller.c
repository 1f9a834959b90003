/* Calls a function of another library through its PLT entry, all the time. */
#include <string.h>

#include "known_work.h"

__attribute__((noinline)) static size_t call_stubs(const char *text)
{
	size_t sum = 0;

	for (int i = 0; i < 100000; i++) {
		sum += strlen(text);
		__asm__ volatile("" : "+r"(sum), "+r"(text));
	}
	return sum;
}

int main(int argc, char **argv)
{
	uint64_t end = clock_now_ns(CLOCK_THREAD_CPUTIME_ID) +
		       argument(argc, argv, 1, 150) * 1000000;
	size_t sum = 0;

	while (clock_now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		sum += call_stubs("a few characters");
	return sum == 0;
}
