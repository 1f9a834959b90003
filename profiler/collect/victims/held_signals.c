/*
 * held_signals: uses 400 ms of CPU time while all signals are blocked by a
 * system call, which a preloaded library cannot interpose; then 200 ms while
 * none is. Prints "done".
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void spin(long ms)
{
	struct timespec now;
	long long until;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	until = now.tv_sec * 1000000000ll + now.tv_nsec + ms * 1000000ll;
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while (now.tv_sec * 1000000000ll + now.tv_nsec < until);
}

__attribute__((noinline)) static void spin_unseen(void)
{
	spin(400);
	__asm__ volatile("");
}

int main(void)
{
	uint64_t all = ~UINT64_C(0), none = 0;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	spin_unseen();
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	spin(200);
	puts("done");
	return 0;
}
