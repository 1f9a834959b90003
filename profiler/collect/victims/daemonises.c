/*
 * daemonises: ends at once. The daemon that it leaves behind, a child of its
 * child without any descriptor, allocates 500 blocks in half a second.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void *volatile kept;

static void work(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < 500; i++) {
		kept = malloc(10);
		nanosleep(&pause, NULL);
	}
}

int main(void)
{
	if (fork())
		return 0;
	setsid();
	if (fork())
		_exit(0);
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	work();
	return 0;
}
