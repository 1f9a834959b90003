/* Reads the kernel's account of a thread's waits for a CPU. */
#include "preload/causal/cpu_wait.h"

#include "preload/raw_calls.h"

/* "TIME_ON_CPU TIME_READY SLICES\n" */
#define ACCOUNT "/proc/thread-self/schedstat"

static int read_account(char *text, size_t bytes)
{
	int fd = raw_open(ACCOUNT, O_RDONLY, 0);
	ssize_t got = -1;

	if (fd >= 0) {
		got = raw_read(fd, text, bytes - 1);
		raw_close(fd);
	}
	text[got > 0 ? got : 0] = '\0';
	return got > 0 ? 0 : -1;
}

uint64_t cpu_wait_ns(void)
{
	char text[80];
	const char *at = text;
	uint64_t ns = 0;

	if (read_account(text, sizeof(text)))
		return 0;
	while (*at && *at != ' ')
		at++;
	if (*at == ' ')
		at++;
	for (; *at >= '0' && *at <= '9'; at++)
		ns = ns * 10 + (uint64_t)(*at - '0');
	return ns;
}
