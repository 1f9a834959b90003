/*
 * unwind/libdw_attach.h - for tests and the benchmark: attaches the unwinder of
 * elfutils to a stopped program, to be compared with ours.
 *
 * It gets no debug files, and so has the same information as ours. Whatever
 * fails ends the process by abort().
 */
#ifndef CLINIC_UNWIND_LIBDW_ATTACH_H
#define CLINIC_UNWIND_LIBDW_ATTACH_H

#include <elfutils/libdwfl.h>

#include "unwind/stopped_program.h"

static inline int libdw_no_debug_file(Dwfl_Module *module, void **data,
				      const char *name, Dwarf_Addr base,
				      const char *file, const char *link,
				      GElf_Word crc, char **found)
{
	(void)module, (void)data, (void)name, (void)base;
	(void)file, (void)link, (void)crc, (void)found;
	return -1;
}

/* The caller ends it by dwfl_end(). */
static inline Dwfl *libdw_attach(pid_t pid)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_linux_proc_find_elf,
		.find_debuginfo = libdw_no_debug_file,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);

	stopped_program_must(dwfl && !dwfl_linux_proc_report(dwfl, pid) &&
				     !dwfl_report_end(dwfl, NULL, NULL) &&
				     !dwfl_linux_proc_attach(dwfl, pid, true),
			     "libdw");
	return dwfl;
}

#endif
