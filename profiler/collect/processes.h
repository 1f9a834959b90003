/*
 * collect/processes.h - who runs in the target, and what each has mapped.
 *
 * Follows forks, execs, threads and names by the events of a backend. A
 * process that no event reported (it existed before, or the event was lost) is
 * read from /proc when it is first needed.
 *
 * Ownership  a process, with its space, exists until its last thread has ended
 *            or clinic_processes_free().
 * Errors     0 or -errno.
 * Read next  unwind/address_space.h.
 */
#ifndef CLINIC_COLLECT_PROCESSES_H
#define CLINIC_COLLECT_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/off_cpu.h"
#include "sources/trace_event.h"

struct clinic_session;
struct clinic_modules;
struct clinic_processes;

struct clinic_process {
	uint32_t pid;
	uint32_t threads_count; /* that have not ended */
	struct clinic_space *space;
	uint64_t reread_after_ns; /* its maps are not read again before */
	uint32_t missing_count;   /* how often /proc did not have it */
};

struct clinic_thread_state {
	uint32_t tid;
	struct clinic_process *process;
	char name[16];       /* as the kernel stores it */
	bool is_missing;     /* /proc did not have it the last time */
	uint32_t session_id; /* thread row; 0: not made yet, or outdated */
	struct clinic_off_cpu off_cpu; /* the recorder's */
};

int clinic_processes_new(struct clinic_modules *modules,
			 struct clinic_processes **processes);
void clinic_processes_free(struct clinic_processes *processes);

/* Adds a process as it is now, with all its threads: the launched child before
 * it execs, or one that we attach to. */
int clinic_processes_add(struct clinic_processes *processes, uint32_t pid);

/* Handles a mapping, name, fork or exit; other events change nothing. */
int clinic_processes_follow(struct clinic_processes *processes,
			    const struct clinic_event *event);

/* Finds the thread; a new one is added as /proc shows it. */
int clinic_processes_thread(struct clinic_processes *processes, uint32_t pid,
			    uint32_t tid, struct clinic_thread_state **thread);

/*
 * Reads what the process has mapped now, because a backend does not report it
 * or its event was lost. This happens at most every 20 ms, and takes at most a
 * twentieth of the time. Returns whether the maps were read.
 */
bool clinic_processes_reread(struct clinic_process *process, uint64_t now_ns);

/*
 * To be called when /proc does not have the process. It is forgotten at the
 * second call, because events of its last moments may still come.
 */
void clinic_processes_miss(struct clinic_processes *processes, uint32_t pid);

/* Visits the threads whose end was not reported. The first error ends it. */
int clinic_processes_visit(const struct clinic_processes *processes,
			   int (*visit)(void *context,
					struct clinic_thread_state *thread),
			   void *context);

/* How many threads are kept now. */
uint32_t
clinic_processes_states_count(const struct clinic_processes *processes);
/*
 * Forgets threads that have been missing in /proc twice. Backends that do not
 * report the ends of threads, or have lost one, need this.
 */
void clinic_processes_forget_ended(struct clinic_processes *processes);

/* How many threads ever ran. */
uint64_t
clinic_processes_threads_count(const struct clinic_processes *processes);

/* The process that follows `after` (a pid; 0: the first one is wanted); 0 when
 * there is none left. */
uint32_t clinic_processes_next(const struct clinic_processes *processes,
			       uint32_t after);

#endif
