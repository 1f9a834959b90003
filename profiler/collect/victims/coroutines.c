/*
 * Uses 300 ms of CPU time in a coroutine. With "context" the C library has made
 * it; with "bare" it is one as other libraries make it, whose first function
 * has no return address.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "known_work.h"

#define STACK_BYTES 65536

static ucontext_t outside, inside;

__attribute__((noinline)) static void burn_within(void)
{
	burn_ns(300000000);
	__asm__ volatile("");
}

static void start_context(void)
{
	burn_within();
	setcontext(&outside);
	abort();
}

__attribute__((noinline, used)) static void start_bare(void)
{
	burn_within();
	_exit(0);
}

static void run_bare(char *stack)
{
#if defined(__x86_64__)
	uint64_t *top = (uint64_t *)(void *)(stack + STACK_BYTES - 64);

	*top = 0xdeaddeaddeaddeadu;
	__asm__ volatile("mov %0, %%rsp\n\tjmp *%1"
			 :
			 : "r"(top), "r"(start_bare)
			 : "memory");
#else
	(void)stack;
	start_bare();
#endif
}

int main(int argc, char **argv)
{
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (argc < 2 || stack == MAP_FAILED)
		return 1;
	if (!strcmp(argv[1], "bare"))
		run_bare(stack);
	getcontext(&inside);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = STACK_BYTES;
	inside.uc_link = &outside;
	makecontext(&inside, start_context, 0);
	return swapcontext(&outside, &inside);
}
