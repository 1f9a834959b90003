/*
 * preload/process_end.h - the end of the process, past every hook and handler,
 * and the end of the library in it.
 *
 * The library hooks _exit(), so code of its own that has saved what there is
 * to save asks the kernel instead.
 *
 * Signals    may be called in a handler.
 */
#ifndef PRELOAD_PROCESS_END_H
#define PRELOAD_PROCESS_END_H

#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noreturn)) static inline void process_end_now(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

/* It becomes a program without the library; false: or does not, after all.
 * Nothing in a child of vfork, which has left nothing of its own. */
void process_leaves(bool leaves);

#endif
