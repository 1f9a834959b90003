/*
 * confined HOW [late]: works, confines itself, works again, and exits with 7.
 *
 *	prctl, syscall  the call that installs a filter, which kills for all
 *	                system calls but those for memory, writing and ending
 *	deny            the same filter, which returns an error instead
 *	thread          a filter that allows all; then a thread is started
 *	strict          strict seccomp
 *	tsc             reading the time stamp counter kills
 *
 * With "late", the program confines itself after a while, when all instruments
 * have begun to work.
 */
#include <clinic/stage.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ALLOW(call)                                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                 \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void *volatile kept;
static volatile unsigned long sink;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void work(void)
{
	clinic_stage_begin("work");
	for (size_t i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		kept = malloc(16 + i % 100);
		if (i % 3)
			free(kept);
		pthread_mutex_unlock(&mutex);
	}
	clinic_stage_end("work");
}

static void spin(unsigned long rounds)
{
	while (rounds--)
		sink += rounds * rounds;
}

static bool filter(bool kills, bool by_syscall, bool with_threads)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(write),
		ALLOW(exit),
		ALLOW(exit_group),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(brk),
		ALLOW(madvise),
		ALLOW(mprotect),
		ALLOW(futex),
		ALLOW(getrandom),
		/* To start a thread, the C library makes other calls. */
		BPF_STMT(BPF_RET | BPF_K,
			 with_threads ? SECCOMP_RET_ALLOW
			 : kills      ? SECCOMP_RET_KILL_PROCESS
				      : (SECCOMP_RET_ERRNO | EPERM)),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return false;
	if (by_syscall)
		return !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
				&program);
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void *in_thread(void *unused)
{
	work();
	return unused;
}

static bool confine(const char *how)
{
	if (!strcmp(how, "strict"))
		return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	if (!strcmp(how, "tsc"))
		return !prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	return filter(!strcmp(how, "prctl") || !strcmp(how, "syscall"),
		      !strcmp(how, "syscall"), !strcmp(how, "thread"));
}

int main(int argc, char **argv)
{
	pthread_t thread;
	clock_t start = clock();

	if (argc < 2)
		return 2;
	work();
	while (argc > 2 && clock() - start < CLOCKS_PER_SEC / 5)
		spin(10000);
	if (!confine(argv[1]))
		return 3;
	/* More memory may be forbidden, so the memory that exists is used. */
	for (int i = 0; i < 1000; i++)
		free(malloc(24));
	if (strcmp(argv[1], "strict"))
		work();
	spin(100000000);
	if (!strcmp(argv[1], "thread") &&
	    (pthread_create(&thread, NULL, in_thread, NULL) ||
	     pthread_join(thread, NULL)))
		return 4;
	if (write(STDOUT_FILENO, "answer 42\n", 10) != 10)
		return 5;
	if (!strcmp(argv[1], "strict"))
		syscall(SYS_exit, 7); /* exit_group is forbidden there */
	return 7;
}
