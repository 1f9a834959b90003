/*
 * Runs a program a number of times, one after the other:
 * child_spawner fork|vfork COUNT PROGRAM [ARGUMENT...]
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc > 3 ? atoi(argv[2]) : 0;

	for (int i = 0; i < count; i++) {
		int status;
		/* A child of vfork must not return from this function. */
		pid_t child = strcmp(argv[1], "vfork") ? fork() : vfork();

		if (child == 0) {
			execv(argv[3], argv + 3);
			_exit(127);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status)
			return 1;
	}
	return 0;
}
