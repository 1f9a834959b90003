/*
 * clinic-launch - runs one program once and reports what it cost.
 *
 * Why Python does not do this: a child begins with its parent's peak resident
 * set (the kernel carries it over exec), and the 30 MB of an interpreter would
 * hide the peak of every smaller program. This program is static and needs
 * 1 MB. It also reads the clock right before vfork and right after the end.
 *
 *   clinic-launch --report FD [--cpus LIST] [--timeout-ms N] [--cwd DIR]
 *                 [--output-limit BYTES] -- PROGRAM [ARGUMENT...]
 *
 * The program inherits our standard input and output, but no controlling
 * terminal; the report is one line of JSON on FD. The program's whole process
 * group is killed when the program ends, when its time is up, and when a signal
 * asks us to stop: a process that was left over would disturb the next run. So
 * would one that has left the group (a daemon). We are therefore the subreaper:
 * every process that loses its parent becomes our child. We wait a moment for
 * these to end, kill those that do not, and count the killed ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "foundation/options.h"

#define EXIT_USAGE        2
#define WATCH_INTERVAL_MS 1000

/* What outlives the program has 200 ms to end; we give up after 2 s. */
#define NAP_NS        1000000
#define NAPS_OF_GRACE 200
#define NAPS_MAX      2000

struct launch {
	uint64_t report_fd; /* UINT64_MAX: not given */
	const char *cpus;   /* NULL: any */
	uint64_t timeout_ns;
	const char *cwd;
	uint64_t output_limit_bytes;
	char **argv;
	bool ignores_children; /* as the program is to do, too */
};

struct outcome {
	const char *failure; /* NULL, "spawn", "timeout", "output", "watch" */
	int spawn_errno;
	int status;
	uint64_t started_ns;
	uint64_t wall_ns;
	struct rusage usage;
	unsigned int outlived_count; /* killed after the program's end */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static struct launch parse(int argc, char **argv)
{
	struct launch launch = {.report_fd = UINT64_MAX,
				.timeout_ns = UINT64_MAX,
				.output_limit_bytes = UINT64_C(1) << 30};
	const struct clinic_option options[] = {
		{0, "report", "FD", CLINIC_OPTION_NUMBER, &launch.report_fd,
		 "where the report goes; must be given"},
		{0, "cpus", "LIST", CLINIC_OPTION_TEXT, &launch.cpus,
		 "the CPUs to run on, as 0,2 (any)"},
		{0, "timeout-ms", "N", CLINIC_OPTION_MS, &launch.timeout_ns,
		 "end it after so long (never)"},
		{0, "cwd", "DIR", CLINIC_OPTION_TEXT, &launch.cwd,
		 "the folder to run it in (this one)"},
		{0, "output-limit", "BYTES", CLINIC_OPTION_NUMBER,
		 &launch.output_limit_bytes, "end it after so much output"},
		{0},
	};
	char problem[CLINIC_PROBLEM_BYTES] = "--report or PROGRAM is missing";
	int at = clinic_options_read(options, CLINIC_OPERANDS_LAST, argc, argv,
				     problem);

	launch.argv = argv + at;
	if (at > 0 && at < argc && launch.report_fd <= INT_MAX)
		return launch;
	if (at != CLINIC_OPTIONS_HELP)
		fprintf(stderr, "clinic-launch: %s\n", problem);
	fputs("usage: clinic-launch --report FD [OPTION...] -- PROGRAM "
	      "[ARGUMENT...]\n\n",
	      stderr);
	clinic_options_print(options, stderr);
	exit(EXIT_USAGE);
}

/* Reads a list like "0,2". Returns 0 or -errno. */
static int read_cpus(const char *text, cpu_set_t *cpus)
{
	CPU_ZERO(cpus);
	for (;; text++) {
		char *end;
		unsigned long cpu = strtoul(text, &end, 10);

		if (end == text || cpu >= CPU_SETSIZE)
			return -EINVAL;
		CPU_SET(cpu, cpus);
		text = end;
		if (!*text)
			return 0;
		if (*text != ',')
			return -EINVAL;
	}
}

/*
 * We pin ourselves to the program's CPUs, and the program inherits that. We
 * sleep while it runs, so we are the next to run there when it ends. On another
 * CPU, a busy process beside us would delay the moment at which we see the end.
 */
static int pin(const char *text)
{
	cpu_set_t cpus;
	int error = text ? read_cpus(text, &cpus) : 0;

	if (!text || error)
		return error;
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

/*
 * Runs in the parent's memory until exec, so it changes nothing there. The
 * parent gets errno through a pipe, which a successful exec closes.
 */
static void become(const struct launch *launch, int failure_fd)
{
	int failed;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (launch->ignores_children)
		signal(SIGCHLD, SIG_IGN);
	/*
	 * A group of its own to be killed by, and no terminal: a program that
	 * reads /dev/tty fails at once instead of waiting, stopped in the
	 * background, until its time is up.
	 */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!launch->cwd || !chdir(launch->cwd))
		execvp(launch->argv[0], launch->argv);
	failed = errno;
	if (write(failure_fd, &failed, sizeof(failed)) < 0)
		_exit(126);
	_exit(127);
}

static pid_t spawn(const struct launch *launch, int *spawn_errno)
{
	int failure[2];
	pid_t pid;

	*spawn_errno = 0;
	if (pipe2(failure, O_CLOEXEC)) {
		*spawn_errno = errno;
		return -1;
	}
	/* ADR 1: vfork, for what is started must not cost a copy. */
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	pid = vfork();
	if (pid == 0)
		/* It calls only what a child of vfork may call. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork) */
		become(launch, failure[1]);
	if (pid < 0)
		*spawn_errno = errno;
	close(failure[1]);
	if (read(failure[0], spawn_errno, sizeof(*spawn_errno)) < 0)
		*spawn_errno = errno;
	close(failure[0]);
	return pid;
}

/* How long to sleep: until the deadline or the next check of the output. */
static int wait_ms(uint64_t deadline_ns)
{
	uint64_t now = now_ns();
	uint64_t left_ms;

	if (now >= deadline_ns)
		return 0;
	left_ms = (deadline_ns - now + 999999U) / 1000000U;
	return left_ms < WATCH_INTERVAL_MS ? (int)left_ms : WATCH_INTERVAL_MS;
}

static bool output_exceeds(uint64_t limit_bytes)
{
	struct stat output;

	return !fstat(STDOUT_FILENO, &output) && S_ISREG(output.st_mode) &&
	       (uint64_t)output.st_size > limit_bytes;
}

/* Sleeps until the program ends: NULL, or the reason why it is to be killed. */
static const char *watch(const struct launch *launch, uint64_t started_ns,
			 int pidfd, int stop_fd)
{
	uint64_t deadline_ns = launch->timeout_ns > UINT64_MAX - started_ns
				       ? UINT64_MAX
				       : started_ns + launch->timeout_ns;
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN},
			       {.fd = stop_fd, .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, wait_ms(deadline_ns)) < 0 && errno != EINTR)
			return "watch";
		if (fds[0].revents)
			return NULL;
		if (fds[1].revents)
			return "stopped";
		if (output_exceeds(launch->output_limit_bytes))
			return "output";
		if (now_ns() >= deadline_ns)
			return "timeout";
	}
}

static int open_stop_signals(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return signalfd(-1, &stop, SFD_CLOEXEC);
}

/* Reaps the children that have ended, and returns whether any other is left. */
static bool has_children(unsigned int *killed_count)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		*killed_count += WIFSIGNALED(status) &&
				 WTERMSIG(status) == SIGKILL;
	return pid == 0;
}

/* A child's PID is not given to another process before we have reaped it. */
static void kill_children(void)
{
	FILE *children = fopen("/proc/thread-self/children", "re");
	int pid;

	if (!children)
		return;
	while (fscanf(children, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(children);
}

/* Called when the program is reaped and its group is killed. */
static unsigned int end_strays(void)
{
	static const struct timespec nap = {.tv_nsec = NAP_NS};
	unsigned int killed_count = 0;

	for (int i = 0; i < NAPS_MAX && has_children(&killed_count); i++) {
		if (i >= NAPS_OF_GRACE)
			kill_children();
		nanosleep(&nap, NULL);
	}
	return killed_count;
}

static struct outcome run(const struct launch *launch, int stop_fd)
{
	struct outcome out = {.started_ns = now_ns()};
	pid_t pid = spawn(launch, &out.spawn_errno);
	int pidfd;

	if (out.spawn_errno) {
		if (pid > 0)
			waitpid(pid, NULL, 0);
		out.failure = "spawn";
		return out;
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	out.failure = pidfd < 0 ? "watch"
				: watch(launch, out.started_ns, pidfd, stop_fd);
	out.wall_ns = now_ns() - out.started_ns;
	/* Until the zombie is reaped, no other group can get its number. */
	kill(-pid, SIGKILL);
	wait4(pid, &out.status, 0, &out.usage);
	close(pidfd);
	out.outlived_count = end_strays();
	return out;
}

static uint64_t time_ns(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000000U +
	       (uint64_t)time.tv_usec * 1000U;
}

static void report(int fd, const struct outcome *out)
{
	const struct rusage *use = &out->usage;
	bool signalled = WIFSIGNALED(out->status);

	dprintf(fd,
		"{\"failure\": \"%s\", \"errno\": %d, \"exit_code\": %d, "
		"\"signal\": %d, \"started_ns\": %" PRIu64
		", \"wall_ns\": %" PRIu64 ", \"user_ns\": %" PRIu64
		", \"system_ns\": %" PRIu64 ", \"max_rss_bytes\": %ld, "
		"\"minor_faults_count\": %ld, \"major_faults_count\": %ld, "
		"\"voluntary_switches_count\": %ld, "
		"\"involuntary_switches_count\": %ld, "
		"\"outlived_count\": %u}\n",
		out->failure ? out->failure : "", out->spawn_errno,
		signalled ? -1 : WEXITSTATUS(out->status),
		signalled ? WTERMSIG(out->status) : 0, out->started_ns,
		out->wall_ns, time_ns(use->ru_utime), time_ns(use->ru_stime),
		use->ru_maxrss * 1024, use->ru_minflt, use->ru_majflt,
		use->ru_nvcsw, use->ru_nivcsw, out->outlived_count);
}

int main(int argc, char **argv)
{
	struct launch launch = parse(argc, argv);
	struct outcome out;
	int error;

	fcntl((int)launch.report_fd, F_SETFD, FD_CLOEXEC);
	error = pin(launch.cpus);
	if (error) {
		fprintf(stderr, "clinic-launch: no CPU %s to run on: %s\n",
			launch.cpus, strerror(-error));
		return EXIT_USAGE;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Ignored, as some parents leave it, it hides how the program ended. */
	launch.ignores_children = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
	out = run(&launch, open_stop_signals());
	report((int)launch.report_fd, &out);
	return out.failure && !strcmp(out.failure, "stopped") ? 128 + SIGTERM
							      : 0;
}
