/*
 * symbols/symbols.h - names for addresses: functions, inlined calls, lines.
 *
 *	clinic_symbols_new(&options, &symbols);
 *	clinic_symbols_open(symbols, &binary, &module);
 *	clinic_symbols_address(module, file_offset, &address);
 *	clinic_symbols_resolve(module, addresses, count, on_symbol, context);
 *	clinic_symbols_free(symbols);
 *
 * Look up each unique (module, address) once and all of a module together:
 * a unit of debug information is read when the first address hits it, and
 * one pass answers every address in it.
 *
 * Addresses  are ELF virtual addresses, as nm and addr2line show them.
 *            clinic_symbols_address() makes them from file offsets, which
 *            follow from a mapping: ip - map_start + map_offset. For the
 *            kernel they are its run-time addresses.
 *            A return address stands after its call; to name the call, the
 *            caller of this library subtracts 1, for all frames but the
 *            innermost. This library never does.
 * Sources    in order, the first that knows the address: DWARF of the file
 *            or its debug file (build-id folder, .gnu_debuglink with its
 *            CRC, debuginfod if asked for), .symtab, .dynsym,
 *            .gnu_debugdata, PLT relocations, .eh_frame.
 * Truth      a file whose build-id is not the one asked for is not read, nor
 *            is a debug file of another build: both are counted.
 * Network    is only used with use_debuginfod, whatever DEBUGINFOD_URLS says.
 * Ownership  modules live as long as their clinic_symbols. A symbol and its
 *            strings live until the callback that got them returns.
 * Errors     0 or -errno. A name that is not found is not an error: the symbol
 *            then has tier none. Damaged files are counted, have fewer names,
 *            and never cause a crash. Nothing is printed.
 * Threads    one at a time per clinic_symbols.
 * Read next  symbols/symbol.h, the answers; symbols/source_lines.h, from a
 *            function back to its lines.
 */
#ifndef CLINIC_SYMBOLS_SYMBOLS_H
#define CLINIC_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/symbol.h"

struct clinic_symbols;
struct clinic_symbols_module;

struct clinic_symbols_options {
	/* Searched before /usr/lib/debug; may be NULL. */
	const char *const *debug_folders;
	size_t debug_folders_count;
	/*
	 * Asks the servers in DEBUGINFOD_URLS for files that are not on this
	 * machine; each may take seconds.
	 */
	bool use_debuginfod;
	/*
	 * The limit for inflated debug information that is open at a time;
	 * 0: 1 GiB. It is kept in temporary files, of which little is
	 * resident. The least recently used modules are closed first. If a
	 * single file would take more than half of the limit, only its symbol
	 * tables are read.
	 */
	uint64_t memory_bytes_max;
	const char *kernel_list; /* NULL: /proc/kallsyms */
};

/* What the caller knows of a mapped file. */
struct clinic_symbols_binary {
	/*
	 * The path as the target sees it. Reports show it, and .gnu_debuglink
	 * is relative to it. It must be given.
	 */
	const char *path;
	/*
	 * The target's root folder when it has its own (chroot, container):
	 * /proc/PID/root. NULL: ours.
	 */
	const char *root;
	/*
	 * The open file, if the caller has it: of a deleted or replaced binary
	 * or of a process that has ended (/proc/PID/map_files/...). Then path
	 * is not opened. The caller closes it, at any time after the call. -1:
	 * path is opened.
	 */
	int fd;
	/* From the mapping event; size 0: any build-id is accepted. */
	struct clinic_build_id build_id;
};

/* options may be NULL. */
int clinic_symbols_new(const struct clinic_symbols_options *options,
		       struct clinic_symbols **symbols);
void clinic_symbols_free(struct clinic_symbols *symbols);

/*
 * The same build-id, or the same file, gives the same module. -ESTALE: the
 * file's build-id is not the one asked for. -ENOEXEC: it is no ELF file that
 * elf_file.h accepts. -EBADMSG: it is damaged. -ENOENT, -EACCES and so on:
 * errors of open(). With use_debuginfod, servers are asked for a missing or
 * replaced file.
 */
int clinic_symbols_open(struct clinic_symbols *symbols,
			const struct clinic_symbols_binary *binary,
			struct clinic_symbols_module **module);

/*
 * Opens the vdso, which the kernel maps into every process; we read our own.
 * File offsets are offsets into that mapping.
 */
int clinic_symbols_open_vdso(struct clinic_symbols *symbols,
			     struct clinic_symbols_module **module);

/*
 * Opens the kernel and its modules, as kernel_list lists them now. -EPERM: the
 * list hides all addresses (kernel.kptr_restrict). -ENODATA: it has none.
 */
int clinic_symbols_open_kernel(struct clinic_symbols *symbols,
			       struct clinic_symbols_module **module);

/* Code that a process generated, and where it may have named it. */
struct clinic_symbols_generated {
	const char *path; /* what is shown for it: "//anon" */
	const char *root; /* the process's root folder; NULL: ours */
	uint32_t pid;     /* in the process's own PID namespace */
	uint32_t uid;     /* this user, we or root must own a perf map */
	/* Open jitdumps; the caller closes them, at any time after the call. */
	const int *dump_fds;
	size_t dumps_count;
};

/*
 * Opens generated code. File offsets are addresses in the process's memory.
 * -ENODATA: there is neither a perf map nor a jitdump with names. Each call
 * makes a new module.
 */
int clinic_symbols_open_generated(struct clinic_symbols *symbols,
				  const struct clinic_symbols_generated *code,
				  struct clinic_symbols_module **module);

/* -ERANGE: no loaded segment holds that offset. */
int clinic_symbols_address(const struct clinic_symbols_module *module,
			   uint64_t file_offset, uint64_t *address);

/*
 * Calls on_symbol once for each of the addresses, in any order; index is that
 * of the address in addresses[].
 */
int clinic_symbols_resolve(struct clinic_symbols_module *module,
			   const uint64_t *addresses, size_t count,
			   clinic_symbols_on_symbol *on_symbol, void *context);

/* What is known about a module; strings live until another one is used. */
struct clinic_symbols_module_facts {
	const char *path;
	struct clinic_build_id build_id; /* of the file; size 0: it has none */
	const char *debug_path;          /* the debug file in use, or NULL */
	enum clinic_tier best_tier;
};

void clinic_symbols_module_describe(struct clinic_symbols_module *module,
				    struct clinic_symbols_module_facts *facts);

/*
 * The module's file, for disassembly: a descriptor that belongs to the module,
 * or -1 for the kernel and the vdso. Read it with pread.
 */
int clinic_symbols_module_fd(const struct clinic_symbols_module *module);

void clinic_symbols_counts_get(const struct clinic_symbols *symbols,
			       struct clinic_symbols_counts *counts);

#endif
