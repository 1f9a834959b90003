/*
 * Makes 2 allocations. The program is linked at a fixed address and takes the
 * address of malloc as a number, so the linker makes a stub in the program with
 * the name malloc.
 */
#include <stdlib.h>

int main(void)
{
	void *(*allocate)(size_t) = malloc;

#if defined(__x86_64__)
	__asm__ volatile("movq $malloc, %0" : "=r"(allocate));
#endif
	free(allocate(10));
	free(malloc(20));
	return 0;
}
