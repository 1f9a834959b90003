/*
 * unwind/stopped_program.h - for tests and the benchmark: stops a program
 * anywhere, and reads its registers and its stack.
 *
 *	struct stopped_program p = { .argv = argv };
 *	while (stopped_program_run(&p, delay_ns)) {
 *		stopped_program_look(&p);   fills registers and stack
 *		stopped_program_step(&p);   one instruction
 *	}
 *	stopped_program_end(&p);
 *
 * A program that has ended is started again by the next run. Its output goes to
 * /dev/null. Only for x86-64. A system call that fails ends the process by
 * abort().
 */
#ifndef CLINIC_UNWIND_STOPPED_PROGRAM_H
#define CLINIC_UNWIND_STOPPED_PROGRAM_H

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "foundation/maps_line.h"
#include "unwind/registers.h"
#include "unwind/unwind.h"

enum { STOPPED_STACK_BYTES_MAX = 8 << 20 };

struct stopped_program {
	const char *const *argv;
	pid_t pid; /* 0: not running */
	int pending_signal;
	size_t starts_count;
	struct clinic_registers registers;
	uint8_t *stack; /* from the stack pointer to the end of the mapping */
	size_t stack_bytes;
};

static inline void stopped_program_must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

static inline bool stopped_program_is_installed(const char *program)
{
	char command[256];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return system(command) == 0;
}

static inline void stopped_program_exec(const char *const *argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	/* exec does not change its arguments, although its type allows that. */
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Waits for the next stop; false: the program has ended. */
static inline bool stopped_program_wait(struct stopped_program *p, int expected)
{
	int status;

	stopped_program_must(waitpid(p->pid, &status, 0) == p->pid, "waitpid");
	if (!WIFSTOPPED(status)) {
		p->pid = 0;
		return false;
	}
	if (WSTOPSIG(status) != expected)
		p->pending_signal = WSTOPSIG(status);
	return true;
}

static inline void stopped_program_start(struct stopped_program *p)
{
	p->pid = fork();
	if (p->pid == 0)
		stopped_program_exec(p->argv);
	stopped_program_must(p->pid > 0, "fork");
	stopped_program_must(stopped_program_wait(p, SIGTRAP), p->argv[0]);
	p->pending_signal = 0;
	p->starts_count++;
}

static inline bool stopped_program_resume(struct stopped_program *p,
					  enum __ptrace_request how)
{
	int signal_number = p->pending_signal;

	p->pending_signal = 0;
	return ptrace(how, p->pid, NULL, (long)signal_number) == 0;
}

static inline bool stopped_program_run(struct stopped_program *p, long delay_ns)
{
	struct timespec delay = {.tv_nsec = delay_ns};

	if (p->pid == 0)
		stopped_program_start(p);
	stopped_program_resume(p, PTRACE_CONT);
	nanosleep(&delay, NULL);
	kill(p->pid, SIGSTOP);
	while (stopped_program_wait(p, SIGSTOP)) {
		if (!p->pending_signal)
			return true;
		stopped_program_resume(p, PTRACE_CONT);
	}
	return false;
}

static inline bool stopped_program_step(struct stopped_program *p)
{
	return stopped_program_resume(p, PTRACE_SINGLESTEP) &&
	       stopped_program_wait(p, SIGTRAP);
}

static inline void stopped_program_end(struct stopped_program *p)
{
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	p->pid = 0;
	free(p->stack);
	p->stack = NULL;
}

static inline void stopped_program_registers(struct stopped_program *p)
{
	struct user_regs_struct r;
	/*
	 * Sets all registers, as the context of an interrupted thread has them.
	 */
	uint64_t words[CLINIC_REGISTERS];

	stopped_program_must(ptrace(PTRACE_GETREGS, p->pid, NULL, &r) == 0,
			     "PTRACE_GETREGS");
	words[0] = r.r8;
	words[1] = r.r9;
	words[2] = r.r10;
	words[3] = r.r11;
	words[4] = r.r12;
	words[5] = r.r13;
	words[6] = r.r14;
	words[7] = r.r15;
	words[8] = r.rdi;
	words[9] = r.rsi;
	words[10] = r.rbp;
	words[11] = r.rbx;
	words[12] = r.rdx;
	words[13] = r.rax;
	words[14] = r.rcx;
	words[15] = r.rsp;
	words[16] = r.rip;
	clinic_registers_from_signal(&p->registers, words);
}

/* The end of the mapping that contains the address. */
static inline uint64_t stopped_program_mapping_end(pid_t pid, uint64_t address)
{
	char path[64], text[512];
	struct clinic_maps_line line;
	uint64_t found = address;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	stopped_program_must(maps, path);
	while (fgets(text, sizeof(text), maps))
		if (clinic_maps_line_read(text, &line) &&
		    line.start <= address && address < line.end)
			found = line.end;
	fclose(maps);
	return found;
}

static inline void stopped_program_look(struct stopped_program *p)
{
	struct iovec to = {.iov_len = STOPPED_STACK_BYTES_MAX}, from = to;
	uint64_t sp;
	ssize_t got;

	stopped_program_registers(p);
	sp = p->registers.value[CLINIC_REGISTER_SP];
	if (!p->stack)
		p->stack = malloc(STOPPED_STACK_BYTES_MAX);
	stopped_program_must(p->stack, "malloc");
	to.iov_base = p->stack;
	from.iov_base = (void *)(uintptr_t)sp;
	from.iov_len = stopped_program_mapping_end(p->pid, sp) - sp;
	got = process_vm_readv(p->pid, &to, 1, &from, 1, 0);
	p->stack_bytes = got > 0 ? (size_t)got : 0;
}

static inline struct clinic_unwind_moment
stopped_program_moment(const struct stopped_program *p)
{
	return (struct clinic_unwind_moment){
		.registers = &p->registers,
		.stack_start = p->registers.value[CLINIC_REGISTER_SP],
		.stack = p->stack,
		.stack_bytes = p->stack_bytes,
	};
}

#endif
