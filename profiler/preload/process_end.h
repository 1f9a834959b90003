/*
 * preload/process_end.h - end the process without any hook or handler, and end
 * the library in it.
 *
 * The library hooks _exit(), so its own code, once it has saved its data, calls
 * the kernel instead.
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

/* The process becomes a program without the library; false: that has failed.
 * This does nothing in a child of vfork, which has no data of its own. */
void process_leaves(bool leaves);

#endif
