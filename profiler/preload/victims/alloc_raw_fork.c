/*
 * Makes children without calling the handlers of pthread_atfork: one by the
 * system call, with 7 allocations, and one by _Fork(), with 5. The parent makes
 * 100 allocations before and 3 after, and prints its process id and theirs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "known_allocations.h"

int main(void)
{
	pid_t raw, quiet;
	int failed = 0;

	allocate(100);
	raw = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (raw == 0) {
		allocate(7);
		_exit(0);
	}
	failed |= wait_for(raw);
	quiet = _Fork();
	if (quiet == 0) {
		allocate(5);
		_exit(0);
	}
	failed |= wait_for(quiet);
	allocate(3);
	dprintf(STDOUT_FILENO, "%d %d %d\n", getpid(), raw, quiet);
	return failed;
}
