/*
 * collect/attached.h - processes that ran before anybody watched them, and
 * the CPU time that they used since.
 *
 * A parent's account has what its children used once it has waited for them.
 * Of a child that was attached to, too, and has ended, that is counted twice:
 * it is taken off.
 *
 * Ownership  clinic_attached_free().
 * Errors     0 or -errno: -ESRCH a process that was asked for is not there.
 */
#ifndef CLINIC_COLLECT_ATTACHED_H
#define CLINIC_COLLECT_ATTACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/process_search.h"
#include "collect/process_status.h"

struct clinic_attached_process {
	pid_t pid, parent;
	bool is_root, has_ended;
	int pid_fd; /* of a root; -1: none, or it has ended */
	struct clinic_process_times before, last;
};

struct clinic_attached {
	struct clinic_attached_process *at;
	size_t count;
	size_t looked_at; /* whose turn it is */
	int end_fd;       /* readable when a root has ended */
};

int clinic_attached_open(const struct clinic_process_list *list,
			 struct clinic_attached *attached);
void clinic_attached_free(struct clinic_attached *attached);

bool clinic_attached_has(const struct clinic_attached *attached, pid_t pid);
/* After end_fd: have all those that were asked for ended? */
bool clinic_attached_have_ended(struct clinic_attached *attached);

/* A look at a few of them: of those that will be gone, the last one stands. */
void clinic_attached_look(struct clinic_attached *attached);
/* Looks at all, and adds up. */
void clinic_attached_sum(struct clinic_attached *attached, uint64_t *all_ns,
			 uint64_t *kernel_ns);

#endif
