/* Starts a child that waits before it execs, or attaches to processes. */
#include "collect/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/process_status.h"
#include "collect/stop_signals.h"

/* Becomes the program, or reports to the parent why it could not. */
static _Noreturn void become(char *const argv[], char *const *settings,
			     int go_fd, int failed_fd)
{
	char byte;
	int error;

	/* The parent has ended, or does not want the program to start. */
	if (read(go_fd, &byte, 1) != 1)
		_exit(127);
	for (; settings && *settings; settings++)
		putenv(*settings);
	clinic_stop_signals_restore();
	execvp(argv[0], argv);
	error = errno;
	(void)!write(failed_fd, &error, sizeof(error));
	_exit(127);
}

static int open_pid(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/*
 * The program that starts us may ignore SIGCHLD. Then the kernel reaps our
 * children, and how they ended is lost. Returns whether it was ignored.
 */
static bool heed_children(void)
{
	return signal(SIGCHLD, SIG_DFL) == SIG_IGN;
}

int clinic_target_launch(char *const argv[], char *const *settings,
			 struct clinic_target *target)
{
	int go[2], failed[2];
	bool ignored;

	*target = (struct clinic_target){.pid_fd = -1};
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	target->go_fd = go[1];
	target->failed_fd = failed[0];
	ignored = heed_children();
	target->pid = fork();
	if (target->pid == 0) {
		if (ignored)
			signal(SIGCHLD, SIG_IGN);
		close(go[1]);
		become(argv, settings, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	if (target->pid < 0) {
		clinic_target_close(target);
		return -EAGAIN;
	}
	target->pid_fd = open_pid(target->pid);
	return 0;
}

static int look_at_running(pid_t pid, struct clinic_cpu_time *time)
{
	struct clinic_process_times times;
	int err = clinic_process_times(pid, &times);

	if (err)
		return err;
	time->all_ns = times.own_ns + times.waited_ns;
	time->kernel_ns = times.own_kernel_ns + times.waited_kernel_ns;
	return 0;
}

int clinic_target_attach(const struct clinic_process_list *list,
			 struct clinic_target *target)
{
	int err;

	*target = (struct clinic_target){.pid = list->at[0].pid,
					 .is_attached = true,
					 .go_fd = -1,
					 .failed_fd = -1,
					 .pid_fd = -1};
	err = clinic_attached_open(list, &target->attached);
	target->pid_fd =
		err ? -1 : fcntl(target->attached.end_fd, F_DUPFD_CLOEXEC, 0);
	return err;
}

int clinic_target_go(struct clinic_target *target)
{
	int error = 0;

	if (target->is_attached)
		return 0;
	/* CPU time before the exec is ours and not the program's. */
	(void)look_at_running(target->pid, &target->before);
	if (write(target->go_fd, "", 1) != 1)
		return -errno;
	/* A successful exec closes the other end. */
	if (read(target->failed_fd, &error, sizeof(error)) <= 0)
		return 0;
	clinic_target_wait(target);
	return -error;
}

static uint64_t timeval_ns(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000000u +
	       (uint64_t)time.tv_usec * 1000u;
}

static void reap_child(struct clinic_target *target, int flags)
{
	struct rusage usage;
	int status;
	pid_t pid;

	do {
		pid = wait4(target->pid, &status, flags, &usage);
	} while (pid < 0 && errno == EINTR);
	if (pid != target->pid)
		return;
	target->has_ended = true;
	target->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						: WEXITSTATUS(status);
	target->at_end.kernel_ns = timeval_ns(usage.ru_stime);
	target->at_end.all_ns =
		timeval_ns(usage.ru_utime) + target->at_end.kernel_ns;
}

void clinic_target_reap(struct clinic_target *target)
{
	if (target->is_attached)
		target->has_ended =
			clinic_attached_have_ended(&target->attached);
	else if (!target->has_ended)
		reap_child(target, WNOHANG);
}

void clinic_target_look(struct clinic_target *target)
{
	if (target->is_attached)
		clinic_attached_look(&target->attached);
}

bool clinic_target_has(const struct clinic_target *target, pid_t pid)
{
	return pid == target->pid ||
	       clinic_attached_has(&target->attached, pid);
}

static uint64_t since(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

void clinic_target_account(struct clinic_target *target,
			   struct clinic_cpu_time *time)
{
	if (target->is_attached) {
		clinic_attached_sum(&target->attached, &time->all_ns,
				    &time->kernel_ns);
		return;
	}
	/* For a target that has ended, the last reading counts. */
	if (!target->has_ended)
		(void)look_at_running(target->pid, &target->at_end);
	time->all_ns = since(target->before.all_ns, target->at_end.all_ns);
	time->kernel_ns =
		since(target->before.kernel_ns, target->at_end.kernel_ns);
}

void clinic_target_wait(struct clinic_target *target)
{
	if (!target->has_ended && !target->is_attached)
		reap_child(target, 0);
}

bool clinic_target_wait_for_ms(struct clinic_target *target, int ms)
{
	struct pollfd end = {.fd = target->pid_fd, .events = POLLIN};

	clinic_target_reap(target);
	if (!target->has_ended && poll(&end, 1, ms) > 0)
		clinic_target_reap(target);
	return target->has_ended;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void clinic_target_close(struct clinic_target *target)
{
	close_one(&target->go_fd);
	close_one(&target->failed_fd);
	close_one(&target->pid_fd);
	clinic_attached_free(&target->attached);
}
