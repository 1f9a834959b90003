/*
 * collect/target.h - start the program to be recorded, or attach to it.
 *
 *	clinic_target_launch(argv, settings, &target);   it waits
 *	... events are opened on target.pid ...
 *	clinic_target_go(&target);                       it execs
 *	clinic_target_reap(&target);                     has it ended?
 *
 * Time       CPU time by the kernel's accounts, with which the samples are
 *            compared: of the program and all descendants that were waited
 *            for, since it began or since the attach.
 * Errors     0 or -errno. Launch and go: errors of execvp (-ENOENT, -EACCES,
 *            -ENOEXEC). Attach: -ESRCH.
 * Signals    the child inherits our signal mask: block no signal before.
 *            SIGCHLD has its default meaning here from the launch on.
 */
#ifndef CLINIC_COLLECT_TARGET_H
#define CLINIC_COLLECT_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/attached.h"

struct clinic_cpu_time {
	uint64_t all_ns, kernel_ns;
};

struct clinic_target {
	pid_t pid;
	bool is_attached;
	int go_fd;     /* write end: the child execs when it reads a byte */
	int failed_fd; /* read end: the child writes why it could not */
	int pid_fd;    /* readable when the target has ended; -1: none */
	bool has_ended;
	int exit_code; /* as a shell reports it: 128 + signal */
	struct clinic_cpu_time before, at_end;
	struct clinic_attached attached; /* all processes, when attached */
};

/*
 * Starts a child that waits to become argv[0]. settings: "NAME=value" for its
 * environment, with a NULL at the end; or NULL.
 */
int clinic_target_launch(char *const argv[], char *const *settings,
			 struct clinic_target *target);
/* pid is the first process; pid_fd is readable when one of those that were
 * asked for has ended. */
int clinic_target_attach(const struct clinic_process_list *list,
			 struct clinic_target *target);
int clinic_target_go(struct clinic_target *target);

/*
 * Updates has_ended, and the exit_code of a launched target, without waiting.
 * An attached target has ended when all processes that were asked for have.
 */
void clinic_target_reap(struct clinic_target *target);
/* Reads the times of attached processes, which may end before the next call. */
void clinic_target_look(struct clinic_target *target);
/* Does clinic_target_account() include the time of this process? */
bool clinic_target_has(const struct clinic_target *target, pid_t pid);
/* CPU time by the kernel's accounts, until now or until the target's end. */
void clinic_target_account(struct clinic_target *target,
			   struct clinic_cpu_time *time);
/* Like clinic_target_reap(), but waits for the end of a launched target. */
void clinic_target_wait(struct clinic_target *target);
/* The same, but waits at most ms milliseconds; has the target ended? */
bool clinic_target_wait_for_ms(struct clinic_target *target, int ms);
void clinic_target_close(struct clinic_target *target);

#endif
