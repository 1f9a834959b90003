/*
 * collect/target.h - the program under the instruments: started, or found.
 *
 *	clinic_target_launch(argv, settings, &target);   it waits
 *	... events are opened on target.pid ...
 *	clinic_target_go(&target);                       it execs
 *	clinic_target_reap(&target);                     has it ended?
 *
 * Time       the kernel's own accounting, against which the samples are
 *            checked: of the program and all descendants that were waited
 *            for, since it began or since the attach.
 * Errors     0 or -errno. Launch and go: of execvp (-ENOENT, -EACCES,
 *            -ENOEXEC). Attach: -ESRCH.
 * Signals    the child starts as this process is: block none before it does.
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
	int exit_code; /* as a shell says it: 128 + signal */
	struct clinic_cpu_time before, at_end;
	struct clinic_attached attached; /* of an attached one, all */
};

/*
 * A child that waits to become argv[0]. settings: "NAME=value" for its
 * environment, ends with NULL; or NULL.
 */
int clinic_target_launch(char *const argv[], char *const *settings,
			 struct clinic_target *target);
/* pid: of the first; pid_fd: readable when one that was asked for has ended. */
int clinic_target_attach(const struct clinic_process_list *list,
			 struct clinic_target *target);
int clinic_target_go(struct clinic_target *target);

/*
 * Updates has_ended, and the exit_code of a launched one; does not wait.
 * Attached ones have ended when all have that were asked for.
 */
void clinic_target_reap(struct clinic_target *target);
/* A look at attached ones, which can be gone the next time. */
void clinic_target_look(struct clinic_target *target);
/* Whose time clinic_target_account() has. */
bool clinic_target_has(const struct clinic_target *target, pid_t pid);
/* By the kernel's account, until now or until its end. */
void clinic_target_account(struct clinic_target *target,
			   struct clinic_cpu_time *time);
/* The same, and waits for the end of a launched one. */
void clinic_target_wait(struct clinic_target *target);
/* The same, but no longer than that; is it at its end? */
bool clinic_target_wait_for_ms(struct clinic_target *target, int ms);
void clinic_target_close(struct clinic_target *target);

#endif
