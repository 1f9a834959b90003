/*
 * 200 SIGALRMs arrive while main only computes; each time the handler allocates
 * a block and frees it. Here a handler may call malloc, because no signal
 * interrupts the allocator.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static volatile sig_atomic_t handled;

static void on_alarm(int signal)
{
	void *volatile block;

	(void)signal;
	if (handled == 200) /* main has not stopped the timer yet */
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
