/*
 * untabled FIRST SECOND: uses FIRST ms of CPU time in main, then SECOND ms
 * below a function without unwind tables, as just-in-time compilers make them.
 * Only by its frame pointer can its caller be found.
 */
#include "known_work.h"

void call_untabled(void (*function)(void));

__asm__(".text\n"
	".type call_untabled, @function\n"
	"call_untabled:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	call *%rdi\n"
	"	pop %rbp\n"
	"	ret\n"
	".size call_untabled, . - call_untabled\n");

static uint64_t second_ns;

__attribute__((noinline)) static void burn_below(void)
{
	burn_ns(second_ns);
}

int main(int argc, char **argv)
{
	second_ns = argument(argc, argv, 2, 500) * 1000000;
	burn_ns(argument(argc, argv, 1, 500) * 1000000);
	call_untabled(burn_below);
	return 0;
}
