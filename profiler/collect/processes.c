/* Keeps the processes and threads that events report. */
#include "collect/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "foundation/growing_array.h"

#define REREAD_PERIOD_NS 20000000u
/* A process with 65 000 mappings takes 50 ms: reading takes 5 % at most. */
#define REREAD_COST_FACTOR 20

struct clinic_processes {
	struct clinic_modules *modules;
	void *threads; /* tsearch(3) tree of clinic_thread_state, by tid */
	struct clinic_process **running;
	size_t running_count, running_capacity;
	uint64_t threads_count; /* ever */
	uint32_t states_count;  /* in the tree */
};

int clinic_processes_new(struct clinic_modules *modules,
			 struct clinic_processes **processes)
{
	*processes = calloc(1, sizeof(**processes));
	if (!*processes)
		return -ENOMEM;
	(*processes)->modules = modules;
	return 0;
}

static void free_process(struct clinic_process *process)
{
	clinic_space_free(process->space);
	free(process);
}

void clinic_processes_free(struct clinic_processes *processes)
{
	if (!processes)
		return;
	tdestroy(processes->threads, free);
	for (size_t i = 0; i < processes->running_count; i++)
		free_process(processes->running[i]);
	free(processes->running);
	free(processes);
}

static int compare_tids(const void *left, const void *right)
{
	const struct clinic_thread_state *a = left, *b = right;

	return (a->tid > b->tid) - (a->tid < b->tid);
}

static struct clinic_thread_state *
find_thread(const struct clinic_processes *processes, uint32_t tid)
{
	struct clinic_thread_state key = {.tid = tid};
	void *found = tfind(&key, &processes->threads, compare_tids);

	return found ? *(struct clinic_thread_state **)found : NULL;
}

static struct clinic_process *
find_process(const struct clinic_processes *processes, uint32_t pid)
{
	for (size_t i = 0; i < processes->running_count; i++)
		if (processes->running[i]->pid == pid)
			return processes->running[i];
	return NULL;
}

static int keep_running(struct clinic_processes *processes,
			struct clinic_process *process)
{
	struct clinic_process **grown =
		clinic_grow(processes->running, processes->running_count,
			    &processes->running_capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	processes->running = grown;
	processes->running[processes->running_count++] = process;
	return 0;
}

/* parent NULL: a process with nothing mapped. */
static int new_process(struct clinic_processes *processes, uint32_t pid,
		       const struct clinic_process *parent,
		       struct clinic_process **process)
{
	struct clinic_process *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	made->pid = pid;
	err = parent ? clinic_space_copy(parent->space, (pid_t)pid,
					 &made->space)
		     : clinic_space_new(processes->modules, (pid_t)pid,
					&made->space);
	if (!err)
		err = keep_running(processes, made);
	if (err) {
		clinic_space_free(made->space);
		free(made);
		return err;
	}
	*process = made;
	return 0;
}

static void remove_process(struct clinic_processes *processes,
			   struct clinic_process *process)
{
	for (size_t i = 0; i < processes->running_count; i++)
		if (processes->running[i] == process) {
			processes->running[i] =
				processes->running[--processes->running_count];
			break;
		}
	free_process(process);
}

static void remove_thread(struct clinic_processes *processes,
			  struct clinic_thread_state *thread)
{
	struct clinic_process *process = thread->process;

	tdelete(thread, &processes->threads, compare_tids);
	free(thread);
	processes->states_count--;
	if (!--process->threads_count)
		remove_process(processes, process);
}

static int new_thread(struct clinic_processes *processes,
		      struct clinic_process *process, uint32_t tid,
		      struct clinic_thread_state **thread)
{
	struct clinic_thread_state *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->tid = tid;
	made->process = process;
	if (!tsearch(made, &processes->threads, compare_tids)) {
		free(made);
		return -ENOMEM;
	}
	process->threads_count++;
	processes->threads_count++;
	processes->states_count++;
	*thread = made;
	return 0;
}

static void set_name(struct clinic_thread_state *thread, const char *name)
{
	if (!strncmp(thread->name, name, sizeof(thread->name) - 1))
		return;
	snprintf(thread->name, sizeof(thread->name), "%.15s", name);
	thread->session_id = 0;
}

static void read_name(struct clinic_thread_state *thread)
{
	char path[48], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm",
		 thread->process->pid, thread->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, name, sizeof(name) - 1) > 0)
		name[strcspn(name, "\n")] = '\0';
	close(fd);
	set_name(thread, name);
}

/*
 * Adds a thread that no event announced, as /proc shows it, if it still does.
 */
static int discover_thread(struct clinic_processes *processes, uint32_t pid,
			   uint32_t tid, struct clinic_thread_state **thread)
{
	struct clinic_process *process = find_process(processes, pid);
	int err = 0;

	if (!process) {
		err = new_process(processes, pid, NULL, &process);
		if (err)
			return err;
		/*
		 * If the process has ended already, its addresses belong to no
		 * mapping.
		 */
		(void)clinic_space_read_maps(process->space);
	}
	err = new_thread(processes, process, tid, thread);
	if (!err)
		read_name(*thread);
	return err;
}

int clinic_processes_thread(struct clinic_processes *processes, uint32_t pid,
			    uint32_t tid, struct clinic_thread_state **thread)
{
	*thread = find_thread(processes, tid);
	if (*thread && (*thread)->process->pid == pid)
		return 0;
	if (*thread) /* its end was lost, and the kernel reused the number */
		remove_thread(processes, *thread);
	return discover_thread(processes, pid, tid, thread);
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool clinic_processes_reread(struct clinic_process *process, uint64_t now_ns)
{
	uint64_t began_ns, rest_ns;
	int err;

	if (now_ns < process->reread_after_ns)
		return false;
	began_ns = monotonic_ns();
	err = clinic_space_read_maps(process->space);
	rest_ns = (monotonic_ns() - began_ns) * REREAD_COST_FACTOR;
	process->reread_after_ns =
		now_ns +
		(rest_ns > REREAD_PERIOD_NS ? rest_ns : REREAD_PERIOD_NS);
	return !err;
}

int clinic_processes_add(struct clinic_processes *processes, uint32_t pid)
{
	struct clinic_thread_state *thread;
	struct dirent *entry;
	char path[32];
	int err = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return -ESRCH;
	while (!err && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.')
			err = clinic_processes_thread(
				processes, pid,
				(uint32_t)strtoul(entry->d_name, NULL, 10),
				&thread);
	closedir(tasks);
	return err;
}

static int follow_fork(struct clinic_processes *processes,
		       const struct clinic_event *event)
{
	struct clinic_thread_state *parent, *child;
	struct clinic_process *process;
	int err;

	err = clinic_processes_thread(processes, event->fork.parent_pid,
				      event->fork.parent_tid, &parent);
	if (err)
		return err;
	child = find_thread(processes, event->tid);
	if (child && child != parent)
		remove_thread(processes, child);
	process = parent->process;
	if (event->pid != event->fork.parent_pid)
		err = new_process(processes, event->pid, parent->process,
				  &process);
	if (!err)
		err = new_thread(processes, process, event->tid, &child);
	if (!err)
		set_name(child, parent->name);
	return err;
}

struct search {
	const struct clinic_process *process;
	const struct clinic_thread_state *survivor;
	struct clinic_thread_state *other;
};

static void find_other(const void *node, VISIT visit, void *context)
{
	struct clinic_thread_state *thread =
		*(struct clinic_thread_state *const *)node;
	struct search *search = context;

	if ((visit == preorder || visit == leaf) &&
	    thread != search->survivor && thread->process == search->process)
		search->other = thread;
}

/* All threads of the process but that one, which may be NULL. */
static void remove_others(struct clinic_processes *processes,
			  const struct clinic_process *process,
			  const struct clinic_thread_state *survivor)
{
	uint32_t others_count = process->threads_count - !!survivor;

	/*
	 * The removal of the last thread frees the process, so this counts and
	 * does not look at it again.
	 */
	while (others_count--) {
		struct search search = {process, survivor, NULL};

		twalk_r(processes->threads, find_other, &search);
		if (!search.other)
			return;
		remove_thread(processes, search.other);
	}
}

void clinic_processes_miss(struct clinic_processes *processes, uint32_t pid)
{
	struct clinic_process *process = find_process(processes, pid);

	if (process && process->missing_count++)
		remove_others(processes, process, NULL);
}

/*
 * An exec ends all other threads, and the one that called it takes over the
 * process's number: its own former number ends without an event.
 */
static int follow_name(struct clinic_processes *processes,
		       const struct clinic_event *event)
{
	struct clinic_thread_state *thread;
	int err = clinic_processes_thread(processes, event->pid, event->tid,
					  &thread);

	if (err)
		return err;
	set_name(thread, event->name.text);
	if (event->name.is_exec) {
		remove_others(processes, thread->process, thread);
		clinic_space_reset(thread->process->space);
	}
	return 0;
}

static int follow_mapping(struct clinic_processes *processes,
			  const struct clinic_event *event)
{
	struct clinic_thread_state *thread;
	int err = clinic_processes_thread(processes, event->pid, event->tid,
					  &thread);

	if (err)
		return err;
	return clinic_space_map(thread->process->space, &event->mapping);
}

int clinic_processes_follow(struct clinic_processes *processes,
			    const struct clinic_event *event)
{
	struct clinic_thread_state *ended;

	switch (event->kind) {
	case CLINIC_EVENT_FORK:
		return follow_fork(processes, event);
	case CLINIC_EVENT_NAME:
		return follow_name(processes, event);
	case CLINIC_EVENT_MAPPING:
		return follow_mapping(processes, event);
	case CLINIC_EVENT_EXIT:
		ended = find_thread(processes, event->tid);
		if (ended && ended->process->pid == event->pid)
			remove_thread(processes, ended);
		return 0;
	case CLINIC_EVENT_SAMPLE:
	case CLINIC_EVENT_SWITCH_STACK:
	case CLINIC_EVENT_SWITCH:
	case CLINIC_EVENT_STAGE:
	case CLINIC_EVENT_LOST:
	case CLINIC_EVENT_THROTTLE:
	case CLINIC_EVENT_DAMAGED:
	case CLINIC_EVENT_ALLOCATIONS:
	case CLINIC_EVENT_LOCK:
		return 0;
	}
	return 0;
}

struct visit {
	int (*visit)(void *context, struct clinic_thread_state *thread);
	void *context;
	int err;
};

static void visit_node(const void *node, VISIT order, void *context)
{
	struct visit *visit = context;

	if ((order == preorder || order == leaf) && !visit->err)
		visit->err = visit->visit(
			visit->context,
			*(struct clinic_thread_state *const *)node);
}

int clinic_processes_visit(const struct clinic_processes *processes,
			   int (*visit)(void *context,
					struct clinic_thread_state *thread),
			   void *context)
{
	struct visit each = {visit, context, 0};

	twalk_r(processes->threads, visit_node, &each);
	return each.err;
}

uint32_t clinic_processes_states_count(const struct clinic_processes *processes)
{
	return processes->states_count;
}

/* The threads that were missing at the last look, and are now. */
struct missing {
	struct clinic_thread_state **threads;
	size_t count, most;
};

static int look_for(void *context, struct clinic_thread_state *thread)
{
	struct missing *missing = context;
	bool is_gone =
		tgkill((pid_t)thread->process->pid, (pid_t)thread->tid, 0) &&
		errno == ESRCH;

	if (is_gone && thread->is_missing && missing->count < missing->most)
		missing->threads[missing->count++] = thread;
	thread->is_missing = is_gone;
	return 0;
}

void clinic_processes_forget_ended(struct clinic_processes *processes)
{
	struct missing missing = {.most = processes->states_count};

	missing.threads = calloc(missing.most, sizeof(*missing.threads));
	if (!missing.threads)
		return; /* they are kept for now */
	(void)clinic_processes_visit(processes, look_for, &missing);
	for (size_t i = 0; i < missing.count; i++)
		remove_thread(processes, missing.threads[i]);
	free(missing.threads);
}

uint64_t
clinic_processes_threads_count(const struct clinic_processes *processes)
{
	return processes->threads_count;
}

uint32_t clinic_processes_next(const struct clinic_processes *processes,
			       uint32_t after)
{
	uint32_t next = 0;

	for (size_t i = 0; i < processes->running_count; i++) {
		uint32_t pid = processes->running[i]->pid;

		if (pid > after && (!next || pid < next))
			next = pid;
	}
	return next;
}
