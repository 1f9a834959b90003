/*
 * 200 SIGALRMs arrive while main only computes; each handler allocates and
 * frees once. malloc in a handler is allowed here: nothing is interrupted
 * in the allocator.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static volatile sig_atomic_t handled;

static void on_alarm(int signal)
{
	void *volatile block;

	(void)signal;
	if (handled == 200) /* one more before main has stopped the clock */
		return;
	block = malloc(24);
	free(block);
	handled++;
}

int main(void)
{
	struct itimerval every = {{0, 500}, {0, 500}};
	struct itimerval never = {{0, 0}, {0, 0}};

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &every, NULL);
	while (handled < 200)
		;
	signal(SIGALRM, SIG_IGN);
	setitimer(ITIMER_REAL, &never, NULL);
	return 0;
}
