/*
 * A daemon that gives up root, and a worker that it forks from then on: 100
 * blocks of its own, 300 of the worker's, who cannot write where it could.
 */
#include <grp.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void allocate(int count)
{
	void *volatile block;

	for (int i = 0; i < count; i++) {
		block = malloc(64);
		free(block);
	}
}

int main(void)
{
	pid_t worker;
	int status;

	allocate(100);
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		return 2;
	worker = fork();
	if (!worker) {
		allocate(300);
		exit(0);
	}
	return waitpid(worker, &status, 0) == worker ? status : 1;
}
