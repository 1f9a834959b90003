/*
 * Calls three functions in assembly, which take equally long. As in assembly
 * that is written by hand, their labels have no size and no unwind information,
 * and two have no type. The argument is the number of rounds.
 */
#include "known_work.h"

#if defined(__x86_64__)
#define LOOP "	mov $300000, %ecx\n1:	dec %ecx\n	jnz 1b\n"
/* clang-format off */
__asm__(".text\n"
	".p2align 4\n"
	".globl label_alone\n"
	"label_alone:\n"
	LOOP
	"	ret\n"
	".p2align 4\n"
	".globl label_with_type\n"
	".type label_with_type, @function\n"
	"label_with_type:\n"
	LOOP
	"	ret\n"
	".p2align 4\n"
	".globl label_that_saves\n"
	"label_that_saves:\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	sub $40, %rsp\n"
	LOOP
	"	add $40, %rsp\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	ret\n");
/* clang-format on */

void label_alone(void);
void label_with_type(void);
void label_that_saves(void);

__attribute__((noinline)) static void call_labels(void)
{
	label_alone();
	label_with_type();
	label_that_saves();
	__asm__ volatile("");
}
#else
static void call_labels(void)
{
}
#endif

int main(int argc, char **argv)
{
	for (uint64_t left = argument(argc, argv, 1, 400); left; left--)
		call_labels();
	return 0;
}
