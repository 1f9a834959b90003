/*
 * The parent makes 100 allocations, then four children one after the other:
 * one by fork in stage "child", with 7 allocations; one by vfork with 3, which
 * count for the parent, because the memory is the parent's; one by fork that
 * makes 5 and ends by _exit; and one that becomes the program argv[1].
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
