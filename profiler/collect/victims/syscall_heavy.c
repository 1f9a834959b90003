/*
 * Uses most of its CPU time in the kernel, which fills a buffer from
 * /dev/urandom. Prints the user and the system time in us.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "known_work.h"

__attribute__((noinline)) static int read_noise(int fd)
{
	static char buffer[65536];
	ssize_t got = read(fd, buffer, sizeof(buffer));

	return got == (ssize_t)sizeof(buffer);
}

int main(int argc, char **argv)
{
	uint64_t end = clock_now_ns(CLOCK_THREAD_CPUTIME_ID) +
		       argument(argc, argv, 1, 300) * 1000000;
	int fd = open("/dev/urandom", O_RDONLY);
	struct rusage usage;

	while (clock_now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		if (!read_noise(fd))
			return 1;
	getrusage(RUSAGE_SELF, &usage);
	printf("user_us %" PRId64 "\nsystem_us %" PRId64 "\n",
	       (int64_t)usage.ru_utime.tv_sec * 1000000 +
		       usage.ru_utime.tv_usec,
	       (int64_t)usage.ru_stime.tv_sec * 1000000 +
		       usage.ru_stime.tv_usec);
	return 0;
}
