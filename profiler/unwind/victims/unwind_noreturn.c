/*
 * Known answer: below main are attempt, then fail, which never returns: the
 * call is attempt's last instruction, and its return address belongs to
 * whatever function the linker put behind it.
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
