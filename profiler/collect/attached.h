/*
 * collect/attached.h - processes that ran before anybody watched them, and
 * the CPU time that they used since.
 *
 * The kernel adds the time of a child to its parent's when the parent has
 * waited for it. If the child was attached, too, its time would count twice; so
 * it is subtracted.
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
	size_t looked_at; /* the process that is read next */
	int end_fd;       /* readable when a root has ended */
};

int clinic_attached_open(const struct clinic_process_list *list,
			 struct clinic_attached *attached);
void clinic_attached_free(struct clinic_attached *attached);

bool clinic_attached_has(const struct clinic_attached *attached, pid_t pid);
/* When end_fd is readable: have all processes that were asked for ended? */
bool clinic_attached_have_ended(struct clinic_attached *attached);

/* Reads a few of them. Of one that ends, the last reading counts. */
void clinic_attached_look(struct clinic_attached *attached);
/* Reads all, and adds them up. */
void clinic_attached_sum(struct clinic_attached *attached, uint64_t *all_ns,
			 uint64_t *kernel_ns);

#endif
