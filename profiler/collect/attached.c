/* Reads the CPU times of attached processes now and then, and adds them up. */
#include "collect/attached.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

/* With hundreds of workers, only some are read in each turn of 50 ms. */
#define LOOKS_AT_ONCE 16

static int watch_end(struct clinic_attached *attached, size_t i)
{
	struct clinic_attached_process *process = &attached->at[i];
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};

	process->pid_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (process->pid_fd < 0)
		return errno == ESRCH ? -ESRCH : 0;
	return epoll_ctl(attached->end_fd, EPOLL_CTL_ADD, process->pid_fd,
			 &event)
		       ? -errno
		       : 0;
}

static int add(struct clinic_attached *attached,
	       const struct clinic_found_process *found)
{
	struct clinic_attached_process *process =
		&attached->at[attached->count];
	int err;

	*process = (struct clinic_attached_process){.pid = found->pid,
						    .parent = found->parent,
						    .is_root = found->is_root,
						    .pid_fd = -1};
	err = clinic_process_times(found->pid, &process->before);
	/* A child that has ended meanwhile is left out. */
	if (err)
		return found->is_root ? err : 0;
	process->last = process->before;
	attached->count++;
	return found->is_root ? watch_end(attached, attached->count - 1) : 0;
}

int clinic_attached_open(const struct clinic_process_list *list,
			 struct clinic_attached *attached)
{
	int err = 0;

	*attached = (struct clinic_attached){
		.at = calloc(list->count + 1, sizeof(*attached->at)),
		.end_fd = epoll_create1(EPOLL_CLOEXEC),
	};
	if (!attached->at)
		return -ENOMEM;
	if (attached->end_fd < 0)
		return -errno;
	for (size_t i = 0; !err && i < list->count; i++)
		err = add(attached, &list->at[i]);
	return err;
}

void clinic_attached_free(struct clinic_attached *attached)
{
	for (size_t i = 0; i < attached->count; i++)
		if (attached->at[i].pid_fd >= 0)
			close(attached->at[i].pid_fd);
	if (attached->at && attached->end_fd >= 0)
		close(attached->end_fd);
	free(attached->at);
	*attached = (struct clinic_attached){0};
}

bool clinic_attached_has(const struct clinic_attached *attached, pid_t pid)
{
	for (size_t i = 0; i < attached->count; i++)
		if (attached->at[i].pid == pid)
			return true;
	return false;
}

bool clinic_attached_have_ended(struct clinic_attached *attached)
{
	struct epoll_event event;

	while (epoll_wait(attached->end_fd, &event, 1, 0) == 1) {
		struct clinic_attached_process *process =
			&attached->at[event.data.u64];

		process->has_ended = true;
		close(process->pid_fd); /* which takes it out of end_fd */
		process->pid_fd = -1;
	}
	for (size_t i = 0; i < attached->count; i++)
		if (attached->at[i].is_root && !attached->at[i].has_ended)
			return false;
	return true;
}

static void look(struct clinic_attached_process *process)
{
	struct clinic_process_times now;

	/* An older process of that number cannot have used less. */
	if (clinic_process_times(process->pid, &now) ||
	    now.own_ns < process->last.own_ns)
		process->has_ended = true;
	else
		process->last = now;
}

void clinic_attached_look(struct clinic_attached *attached)
{
	size_t looks = attached->count < LOOKS_AT_ONCE ? attached->count
						       : LOOKS_AT_ONCE;

	for (; looks; looks--) {
		attached->looked_at =
			(attached->looked_at + 1) % attached->count;
		look(&attached->at[attached->looked_at]);
	}
}

static uint64_t less(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

/* Subtracts what attached children used in their lives, if it is included. */
static void take_off_children(const struct clinic_attached *attached,
			      pid_t parent, uint64_t *all_ns,
			      uint64_t *kernel_ns)
{
	for (size_t i = 0; i < attached->count; i++) {
		const struct clinic_attached_process *child = &attached->at[i];

		if (child->parent != parent || !child->has_ended)
			continue;
		*all_ns = less(*all_ns,
			       child->last.own_ns + child->last.waited_ns);
		*kernel_ns =
			less(*kernel_ns, child->last.own_kernel_ns +
						 child->last.waited_kernel_ns);
	}
}

void clinic_attached_sum(struct clinic_attached *attached, uint64_t *all_ns,
			 uint64_t *kernel_ns)
{
	*all_ns = *kernel_ns = 0;
	for (size_t i = 0; i < attached->count; i++)
		look(&attached->at[i]);
	for (size_t i = 0; i < attached->count; i++) {
		const struct clinic_attached_process *p = &attached->at[i];
		uint64_t waited_ns =
			less(p->last.waited_ns, p->before.waited_ns);
		uint64_t waited_kernel_ns = less(p->last.waited_kernel_ns,
						 p->before.waited_kernel_ns);

		take_off_children(attached, p->pid, &waited_ns,
				  &waited_kernel_ns);
		*all_ns += less(p->last.own_ns, p->before.own_ns) + waited_ns;
		*kernel_ns +=
			less(p->last.own_kernel_ns, p->before.own_kernel_ns) +
			waited_kernel_ns;
	}
}
