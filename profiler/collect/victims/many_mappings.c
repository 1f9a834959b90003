/*
 * Maps argv[1] pages of code apart from each other, says so in a line, and
 * works for argv[2] ms of CPU time.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "known_work.h"

#define PAGE 4096

__attribute__((noinline)) static void burn_amid(uint64_t work_ms)
{
	burn_ns(work_ms * 1000000);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	size_t count = argument(argc, argv, 1, 1);
	char *pages = mmap(NULL, 2 * count * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < count; i++)
		if (mprotect(pages + 2 * i * PAGE, PAGE, PROT_READ | PROT_EXEC))
			return 1;
	puts("mapped");
	fflush(stdout);
	burn_amid(argument(argc, argv, 2, 300));
	return 0;
}
