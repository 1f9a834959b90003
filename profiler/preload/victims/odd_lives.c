/*
 * odd_lives WAY: does what few programs do, and what a preloaded library might
 * break or might not notice: see the table of ways. work() allocates and frees
 * BLOCKS blocks. The program checks what must be true with and without a
 * library. Prints "answer 42" and exits with 7.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 50
#define END    7

static char **arguments;

/* _exit, because a child by vfork or clone3 must not call exit. */
static void must(int holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	_exit(1);
}

static void work(void)
{
	for (int i = 0; i < BLOCKS; i++) {
		void *volatile block = malloc(32);

		free(block);
	}
}

static void *work_in_thread(void *unused)
{
	work();
	return unused;
}

static void start_thread(void)
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, work_in_thread, NULL), "thread");
	must(!pthread_join(thread, NULL), "join");
}

static void wait_for_end(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid, "waitpid");
	must(WIFEXITED(status) && WEXITSTATUS(status) == END, "child");
}

/* Becomes this program again, with the way "again". */
static void run_again(char *const environment[])
{
	char *again[] = {arguments[0], "again", NULL};

	execve("/proc/self/exe", again, environment);
}

static void forked_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		work();
		start_thread();
		_exit(END);
	}
	wait_for_end(pid);
}

/* After it has closed all, the program gets the numbers from 3 on. */
static void close_all(void)
{
	must(!syscall(SYS_close_range, 3u, ~0u, 0u), "close_range");
	for (int fd = 3; fd < 20; fd++)
		must(open("/dev/zero", O_RDWR) == fd, "number");
	work();
	forked_child();
	must(fcntl(19, F_GETFD) == 0 && fcntl(20, F_GETFD) < 0, "kept");
}

/* Puts another file in the place of each descriptor. */
static void replace_all(void)
{
	for (int fd = 3; fd < 64; fd++)
		must(dup2(STDIN_FILENO, fd) == fd, "dup2");
	work();
	forked_child();
}

static void limit(int what, rlim_t most)
{
	struct rlimit to = {most, most};

	must(!setrlimit(what, &to), "setrlimit");
}

static void without_files(void)
{
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, 3);
	limit(RLIMIT_SIGPENDING, 0);
	limit(RLIMIT_MEMLOCK, 0);
	limit(RLIMIT_CORE, 0);
	work();
	start_thread();
	forked_child();
}

/* Limits private memory that can be written, to more than this needs. */
static void with_little_memory(void)
{
	limit(RLIMIT_DATA, 64 << 20);
	work();
	start_thread();
	forked_child();
}

static void stopped(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		work();
		raise(SIGSTOP);
		work();
		_exit(END);
	}
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status),
	     "stop");
	must(!kill(pid, SIGCONT), "continue");
	wait_for_end(pid);
}

/* Traces a child, as a debugger does; the child becomes another program. */
static void traced(void)
{
	pid_t pid = fork();
	int status, signal_number;

	if (!pid) {
		must(!ptrace(PTRACE_TRACEME, 0, 0, 0), "traceme");
		work();
		run_again(environ);
		_exit(1);
	}
	for (;;) {
		must(waitpid(pid, &status, 0) == pid, "waitpid");
		if (!WIFSTOPPED(status))
			break;
		signal_number = WSTOPSIG(status);
		must(!ptrace(PTRACE_CONT, pid, 0,
			     signal_number == SIGTRAP ? 0 : signal_number),
		     "continue");
	}
	must(WIFEXITED(status) && WEXITSTATUS(status) == END, "traced child");
}

/* Starts a process by a system call, not by a function of the C library. */
static void raw_clone3(void)
{
	struct clone_args how = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &how, sizeof(how));

	if (!pid) {
		work();
		_exit(END);
	}
	if (pid < 0 && errno == ENOSYS)
		return; /* this container does not allow clone3 */
	must(pid > 0, "clone3");
	wait_for_end((pid_t)pid);
}

/* Starts a program in a child by vfork. */
static void vfork_chain(void)
{
	pid_t pid = vfork();

	if (!pid) {
		run_again(environ);
		_exit(1);
	}
	wait_for_end(pid);
}

static void without_environment(void)
{
	char *const none[] = {NULL};
	pid_t pid = fork();

	if (!pid) {
		environ = NULL;
		work();
		run_again(none);
		_exit(1);
	}
	wait_for_end(pid);
}

/* Runs a program that is in no file. */
static void from_memory(void)
{
	int to = memfd_create("odd_lives", MFD_CLOEXEC);
	int from = open("/proc/self/exe", O_RDONLY);
	char *again[] = {arguments[0], "again", NULL};
	char buffer[4096];
	ssize_t bytes;
	pid_t pid;

	must(to >= 0 && from >= 0, "open");
	while ((bytes = read(from, buffer, sizeof(buffer))) > 0)
		must(write(to, buffer, (size_t)bytes) == bytes, "write");
	pid = fork();
	if (!pid) {
		fexecve(to, again, environ);
		_exit(1);
	}
	wait_for_end(pid);
}

static void private_process(void)
{
	must(!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable");
	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "privileges");
	work();
	start_thread();
	forked_child();
	must(!prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), "still not dumpable");
}

/* The program has installed no handlers, so it must find none. */
static void own_signals(void)
{
	struct sigaction before;

	for (int number = 1; number <= SIGRTMAX; number++)
		if (!sigaction(number, NULL, &before))
			must(before.sa_handler == SIG_DFL ||
				     before.sa_handler == SIG_IGN,
			     "a foreign handler");
	work();
}

static const struct {
	const char *name;
	void (*live)(void);
} ways[] = {
	{"close_all", close_all},
	{"replace_all", replace_all},
	{"without_files", without_files},
	{"with_little_memory", with_little_memory},
	{"stopped", stopped},
	{"traced", traced},
	{"raw_clone3", raw_clone3},
	{"vfork_chain", vfork_chain},
	{"without_environment", without_environment},
	{"from_memory", from_memory},
	{"private_process", private_process},
	{"own_signals", own_signals},
};

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	arguments = argv;
	work();
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(way, ways[i].name))
			ways[i].live();
	work();
	if (!strcmp(way, "again"))
		_exit(END);
	puts("answer 42");
	return END;
}
