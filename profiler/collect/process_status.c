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

/*
 * Context switches are told per thread. Of processes with more threads than
 * this, the first ones stand for what can be read without being felt.
 */
#define THREADS_READ_MAX 32

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

/* Exact where ticks are not; 0 when the process is gone. */
static uint64_t cpu_clock_ns(pid_t pid)
{
	clockid_t clock;
	struct timespec now;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Fields of proc(5), stat, counted from after the name's bracket. */
static int parse_stat(const char *text, struct clinic_metric *metric)
{
	const char *rest = strrchr(text, ')'); /* the name may hold any */
	uint64_t minor, major, user, system, threads, rss;
	uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);

	if (!rest ||
	    sscanf(rest,
		   ") %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64
		   " %*u %" SCNu64 " %" SCNu64 " %*d %*d %*d %*d %" SCNu64
		   " %*d %*u %*u %" SCNu64,
		   &minor, &major, &user, &system, &threads, &rss) != 6)
		return -EBADMSG;
	metric->minor_faults_count = minor;
	metric->major_faults_count = major;
	metric->user_ns = user * tick_ns;
	metric->system_ns = system * tick_ns;
	metric->threads_count = (uint32_t)threads;
	metric->rss_bytes = rss * (uint64_t)sysconf(_SC_PAGESIZE);
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
	char path[32], text[4096];

	snprintf(path, sizeof(path), "%.10s/status", thread);
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

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return;
	for (int i = 0; i < THREADS_READ_MAX && (entry = readdir(tasks));)
		if (entry->d_name[0] != '.') {
			add_switches(dirfd(tasks), entry->d_name, metric);
			i++;
		}
	closedir(tasks);
}

int clinic_process_status(pid_t pid, struct clinic_metric *metric)
{
	char path[32], text[1024];
	uint64_t cpu_ns;
	int err;

	*metric = (struct clinic_metric){.pid = (uint32_t)pid};
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	err = read_text(AT_FDCWD, path, text, sizeof(text));
	if (!err)
		err = parse_stat(text, metric);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	cpu_ns = cpu_clock_ns(pid);
	if (cpu_ns > metric->system_ns)
		metric->user_ns = cpu_ns - metric->system_ns;
	count_switches(pid, metric);
	return 0;
}
