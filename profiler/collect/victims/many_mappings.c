/*
 * Maps argv[1] separate pages of code, prints "mapped", uses argv[2] ms of CPU
 * time, and forks argv[3] children one after the other, each of which allocates
 * 10 blocks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "known_work.h"

#define PAGE 4096

__attribute__((noinline)) static void burn_amid(uint64_t work_ms)
{
	burn_ns(work_ms * 1000000);
	__asm__ volatile("");
}

__attribute__((noinline)) static void child_blocks(void)
{
	for (int i = 0; i < 10; i++) {
		void *volatile block = malloc(48);

		free(block);
	}
}

static int fork_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		child_blocks();
		exit(0);
	}
	return waitpid(pid, &status, 0) != pid || status;
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
	for (uint64_t left = argument(argc, argv, 3, 0); left; left--)
		if (fork_child())
			return 1;
	return 0;
}
