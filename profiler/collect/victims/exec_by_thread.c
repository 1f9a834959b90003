/*
 * A thread that is not the first one uses 300 ms of CPU time, while three
 * others wait, and then becomes this program again by exec. The new program
 * uses 300 ms too, and exits with 7. With "wait", the first program works until
 * a line comes on the standard input, and the second until it is killed.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "known_work.h"

#define WORK_NS  UINT64_C(300000000)
#define ROUND_NS UINT64_C(5000000)

static char **arguments;
static int waits;

static int has_line(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&input, 1, 0) > 0;
}

__attribute__((noinline)) static void burn_before_exec(void)
{
	do
		burn_ns(waits ? ROUND_NS : WORK_NS);
	while (waits && !has_line());
	__asm__ volatile("");
}

__attribute__((noinline)) static void burn_after_exec(void)
{
	do
		burn_ns(waits ? ROUND_NS : WORK_NS);
	while (waits);
	__asm__ volatile("");
}

static void *work(void *unused)
{
	static char again[] = "again", wait[] = "wait";
	char *words[] = {arguments[0], again, waits ? wait : NULL, NULL};

	burn_before_exec();
	execv(arguments[0], words);
	return unused;
}

static void *idle(void *unused)
{
	for (;;)
		pause();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	arguments = argv;
	waits = argc > 1 && !strcmp(argv[argc - 1], "wait");
	if (argc > 1 && !strcmp(argv[1], "again")) {
		burn_after_exec();
		return 7;
	}
	for (int i = 0; i < 3; i++)
		if (pthread_create(&thread, NULL, idle, NULL))
			return 1;
	if (pthread_create(&thread, NULL, work, NULL))
		return 1;
	pthread_join(thread, NULL);
	return 1;
}
