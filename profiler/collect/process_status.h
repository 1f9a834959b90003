/*
 * collect/process_status.h - what the kernel says about a process now.
 *
 * Source     /proc/PID/stat, /proc/PID/task/<tid>/status and the process's
 *            CPU clock, which knows nanoseconds where stat knows ticks of
 *            10 ms: the sum of user and kernel time is exact, their shares
 *            are the kernel's estimate.
 * Errors     0 or -errno; -ESRCH: no such process any more.
 */
#ifndef CLINIC_COLLECT_PROCESS_STATUS_H
#define CLINIC_COLLECT_PROCESS_STATUS_H

#include <stdint.h>
#include <sys/types.h>

struct clinic_metric;

/*
 * The kernel counts context switches by thread, in one file each. For processes
 * with more threads than this, they are not read and stay 0, because reading a
 * thousand files 20 times a second would cost too much.
 */
#define CLINIC_SWITCHES_THREADS_MAX 16

/* Fills in everything but time_ns, which the caller knows. */
int clinic_process_status(pid_t pid, struct clinic_metric *metric);

/* The process's peak of resident memory; 0: unknown. */
uint64_t clinic_process_peak_rss_bytes(pid_t pid);

/* CPU time, since it started. */
struct clinic_process_times {
	uint64_t own_ns, own_kernel_ns;
	/* Of children that have ended and that it has waited for. */
	uint64_t waited_ns, waited_kernel_ns;
};

int clinic_process_times(pid_t pid, struct clinic_process_times *times);

#endif
