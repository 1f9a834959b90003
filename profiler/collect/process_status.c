/* Reads what /proc says about a process. */
#include "collect/process_status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session/rows.h"

static int read_text(int folder, const char *path, char *text, size_t size)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return -ESRCH;
	text[length] = '\0';
	return 0;
}

/* This clock is exact, unlike ticks; 0: the process has ended. */
static uint64_t cpu_clock_ns(pid_t pid)
{
	clockid_t clock;
	struct timespec now;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Fields of proc(5), stat, counted from after the name's bracket. */
struct stat_fields {
	uint64_t minor, major, user, system, waited_user, waited_system;
	uint64_t threads, rss;
};

static int read_stat(pid_t pid, struct stat_fields *fields)
{
	char path[32], text[1024];
	const char *rest;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	err = read_text(AT_FDCWD, path, text, sizeof(text));
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	rest = strrchr(text, ')'); /* the name may contain brackets */
	if (!rest ||
	    sscanf(rest,
		   ") %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64
		   " %*u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %*d %*d %" SCNu64 " %*d %*u %*u %" SCNu64,
		   &fields->minor, &fields->major, &fields->user,
		   &fields->system, &fields->waited_user,
		   &fields->waited_system, &fields->threads, &fields->rss) != 8)
		return -EBADMSG;
	return 0;
}

static uint64_t tick_ns(void)
{
	return 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* Ticks give the kernel's share of the time, the clock gives the sum. */
static void set_own_times(pid_t pid, const struct stat_fields *fields,
			  struct clinic_process_times *times)
{
	uint64_t cpu_ns = cpu_clock_ns(pid);

	times->own_kernel_ns = fields->system * tick_ns();
	times->own_ns = times->own_kernel_ns + fields->user * tick_ns();
	if (cpu_ns > times->own_kernel_ns)
		times->own_ns = cpu_ns;
}

int clinic_process_times(pid_t pid, struct clinic_process_times *times)
{
	struct stat_fields fields;
	int err = read_stat(pid, &fields);

	*times = (struct clinic_process_times){0};
	if (err)
		return err;
	set_own_times(pid, &fields, times);
	times->waited_kernel_ns = fields.waited_system * tick_ns();
	times->waited_ns =
		times->waited_kernel_ns + fields.waited_user * tick_ns();
	return 0;
}

static uint64_t field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void add_switches(int tasks, const char *thread,
			 struct clinic_metric *metric)
{
	char path[48], text[4096];

	snprintf(path, sizeof(path), "%.32s/status", thread);
	if (read_text(tasks, path, text, sizeof(text)))
		return;
	metric->voluntary_switches_count +=
		field(text, "\nvoluntary_ctxt_switches:");
	metric->involuntary_switches_count +=
		field(text, "\nnonvoluntary_ctxt_switches:");
}

static void count_switches(pid_t pid, struct clinic_metric *metric)
{
	char path[32];
	struct dirent *entry;
	DIR *tasks;

	if (metric->threads_count > CLINIC_SWITCHES_THREADS_MAX)
		return;
	if (metric->threads_count == 1) {
		snprintf(path, sizeof(path), "/proc/%d", pid);
		add_switches(AT_FDCWD, path, metric);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return;
	while ((entry = readdir(tasks)))
		if (entry->d_name[0] != '.')
			add_switches(dirfd(tasks), entry->d_name, metric);
	closedir(tasks);
}

int clinic_process_status(pid_t pid, struct clinic_metric *metric)
{
	struct clinic_process_times times;
	struct stat_fields fields;
	int err = read_stat(pid, &fields);

	*metric = (struct clinic_metric){.pid = (uint32_t)pid};
	if (err)
		return err;
	set_own_times(pid, &fields, &times);
	metric->user_ns = times.own_ns - times.own_kernel_ns;
	metric->system_ns = times.own_kernel_ns;
	metric->minor_faults_count = fields.minor;
	metric->major_faults_count = fields.major;
	metric->threads_count = (uint32_t)fields.threads;
	metric->rss_bytes = fields.rss * (uint64_t)sysconf(_SC_PAGESIZE);
	count_switches(pid, metric);
	return 0;
}

/* getrusage() is of no use: its peak includes the time before an exec. */
uint64_t clinic_process_peak_rss_bytes(pid_t pid)
{
	char path[32], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_text(AT_FDCWD, path, text, sizeof(text)))
		return 0;
	return field(text, "\nVmHWM:") * 1024;
}
