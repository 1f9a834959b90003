/*
 * The first thread ends at once. Another one uses 500 ms of CPU time, or
 * argv[1] ms, and ends the process.
 */
#include <pthread.h>
#include <unistd.h>

#include "known_work.h"

static uint64_t work_ms;

__attribute__((noinline)) static void burn_alone(void)
{
	burn_ns(work_ms * 1000000);
	__asm__ volatile("");
}

static void *work(void *unused)
{
	(void)unused;
	usleep(100000); /* the first thread ends meanwhile */
	burn_alone();
	_exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	work_ms = argument(argc, argv, 1, 500);
	if (pthread_create(&thread, NULL, work, NULL))
		return 1;
	pthread_exit(NULL);
}
