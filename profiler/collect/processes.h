/*
 * collect/processes.h - who runs in the target, and what each has mapped.
 *
 * Follows forks, execs, threads and names by the events of a backend. A
 * process that no event reported (it was there before, or the event was
 * lost) is read from /proc when it is first asked for.
 *
 * Ownership  a process lives until its last thread has ended and
 *            clinic_processes_free(); its space with it.
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
	uint64_t reread_after_ns; /* its maps, not sooner than that */
	uint32_t missing_count;   /* times it was looked for and not there */
};

struct clinic_thread_state {
	uint32_t tid;
	struct clinic_process *process;
	char name[16];       /* as the kernel keeps it */
	bool is_missing;     /* /proc had it no more, once */
	uint32_t session_id; /* thread row; 0: not made yet, or outdated */
	struct clinic_off_cpu off_cpu; /* the recorder's */
};

int clinic_processes_new(struct clinic_modules *modules,
			 struct clinic_processes **processes);
void clinic_processes_free(struct clinic_processes *processes);

/* A process as it is now, with all its threads: the launched child before
 * it execs, or the one that we attach to. */
int clinic_processes_add(struct clinic_processes *processes, uint32_t pid);

/* Of a mapping, name, fork or exit; others change nothing. */
int clinic_processes_follow(struct clinic_processes *processes,
			    const struct clinic_event *event);

/* The thread, made up from /proc when it is new to us. */
int clinic_processes_thread(struct clinic_processes *processes, uint32_t pid,
			    uint32_t tid, struct clinic_thread_state **thread);

/*
 * Reads what it has mapped now: for backends that do not tell, or lost it.
 * At most every 20 ms, and for at most a twentieth of the time; whether it was
 * read.
 */
bool clinic_processes_reread(struct clinic_process *process, uint64_t now_ns);

/*
 * /proc has it no more. Forgotten at the second time: events of its last
 * moments may still come.
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
 * Forgets threads that the system has no more, at the second time: for
 * backends that report no thread's end, or lost it.
 */
void clinic_processes_forget_ended(struct clinic_processes *processes);

/* That ever ran, ended or not. */
uint64_t
clinic_processes_threads_count(const struct clinic_processes *processes);

/* Some process that runs, the one after `after` (a pid; 0: the first); 0
 * when there is none left. */
uint32_t clinic_processes_next(const struct clinic_processes *processes,
			       uint32_t after);

#endif
