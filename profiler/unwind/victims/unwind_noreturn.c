/*
 * Known answer: main has called attempt, and attempt has called fail, which
 * never returns: this call is the last instruction of attempt, and the return
 * address belongs to whatever function the linker has put behind it.
 */
#include <setjmp.h>
#include <stdint.h>

static jmp_buf back;
static volatile uint64_t sink;

__attribute__((noinline, noreturn)) static void fail(unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++)
		sink += i;
	longjmp(back, 1);
}

__attribute__((noinline, noreturn)) static void attempt(uint64_t seed)
{
	volatile uint64_t scratch[9];

	for (unsigned int i = 0; i < 9; i++)
		scratch[i] = seed + i;
	fail((unsigned int)(scratch[3] & 1023) + 1000);
}

int main(void)
{
	for (volatile uint64_t i = 0; i < 5000000; i++)
		if (setjmp(back) == 0)
			attempt(i);
	return 0;
}
