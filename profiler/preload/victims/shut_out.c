/*
 * shut_out HOW: a daemon gives up access to files, and then forks a worker. The
 * daemon allocates 100 blocks, and the worker 300. The worker uses the
 * processor for 300 ms; the daemon uses it for 50 ms before it gives up access,
 * so that its timer ring, which is made by the first tick, exists by then.
 *
 *	user     the daemon is root, and becomes an ordinary user
 *	root     it changes its root folder to an empty one
 *	both     it does both
 *	network  it becomes an ordinary user in a network namespace of its own
 */
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void allocate(int count)
{
	void *volatile block;

	for (int i = 0; i < count; i++) {
		block = malloc(64);
		free(block);
	}
}

__attribute__((noinline)) static void spin(int milliseconds)
{
	clock_t end = clock() + CLOCKS_PER_SEC / 1000 * milliseconds;

	while (clock() < end)
		;
}

static int shut_out(const char *how)
{
	if (!strcmp(how, "network") && unshare(CLONE_NEWNET))
		return -1;
	if (strcmp(how, "user") && strcmp(how, "network") &&
	    (mkdir("empty", 0755) || chroot("empty") || chdir("/")))
		return -1;
	if (!strcmp(how, "root"))
		return 0;
	return setgroups(0, NULL) || setgid(65534) || setuid(65534);
}

int main(int argc, char **argv)
{
	pid_t worker;
	int status;

	allocate(100);
	spin(50);
	if (argc < 2 || shut_out(argv[1]))
		return 2;
	worker = fork();
	if (!worker) {
		allocate(300);
		spin(300);
		exit(0);
	}
	return waitpid(worker, &status, 0) == worker ? status : 1;
}
