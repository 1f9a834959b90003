/*
 * 100 allocations in the parent, then four children: fork with 7 of its own
 * inside stage "child", vfork (whose 3 are the parent's, as the memory is),
 * fork that ends by _exit with 5, and one that execs argv[1].
 */
#include <clinic/stage.h>
#include <stdlib.h>
#include <unistd.h>

#include "known_allocations.h"

int main(int argc, char **argv)
{
	pid_t pid;
	int failed = 0;

	allocate(100);
	clinic_stage_begin("child");
	pid = fork();
	if (pid == 0) {
		allocate(7);
		exit(0);
	}
	clinic_stage_end("child");
	failed |= wait_for(pid);
	pid = vfork();
	if (pid == 0) {
		allocate(3);
		_exit(0);
	}
	failed |= wait_for(pid);
	pid = fork();
	if (pid == 0) {
		allocate(5);
		_exit(0);
	}
	failed |= wait_for(pid);
	pid = argc > 1 ? fork() : -1;
	if (pid == 0) {
		execv(argv[1], argv + 1);
		_exit(1);
	}
	return failed | (argc > 1 && wait_for(pid));
}
