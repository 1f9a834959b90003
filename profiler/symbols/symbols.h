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
 * Addresses  are ELF virtual addresses: what nm and addr2line show.
 *            clinic_symbols_address() makes them from file offsets, which
 *            is what a mapping gives: ip - map_start + map_offset. The
 *            kernel's are its own run-time addresses.
 *            A return address names the call after which it returns only
 *            as address - 1: the caller of this library subtracts, for all
 *            frames but the innermost. Never subtracted here.
 * Sources    in order, the first that knows the address: DWARF of the file
 *            or its debug file (build-id folder, .gnu_debuglink with its
 *            CRC, debuginfod if asked for), .symtab, .dynsym,
 *            .gnu_debugdata, PLT relocations, .eh_frame.
 * Truth      a file whose build-id is not the one asked for is not read, nor
 *            is a debug file of another build: both are counted.
 *            No network without use_debuginfod, whatever DEBUGINFOD_URLS
 *            says.
 * Ownership  modules live as long as their clinic_symbols. A symbol and its
 *            strings live until the callback that got them returns.
 * Errors     0 or -errno. Names that could not be found are not an error:
 *            the symbol then has tier none. Damaged files lose their names,
 *            are counted, and never crash. Never prints.
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
	 * Asks the servers in DEBUGINFOD_URLS for what is not on this
	 * machine: each file may take seconds.
	 */
	bool use_debuginfod;
	/*
	 * Of debug information open at a time, inflated; 0: 1 GiB. It stands
	 * in temporary files, of which little is resident. The modules used
	 * longest ago are closed first. Of a file that would take more than
	 * half of it alone, only the symbol tables are read.
	 */
	uint64_t memory_bytes_max;
	const char *kernel_list; /* NULL: /proc/kallsyms */
};

/* What the caller knows of a mapped file. */
struct clinic_symbols_binary {
	/*
	 * The path in the target's view: shown, and where its .gnu_debuglink
	 * is relative to. Must be given.
	 */
	const char *path;
	/*
	 * The target's root folder when it has its own (chroot, container):
	 * /proc/PID/root. NULL: ours.
	 */
	const char *root;
	/*
	 * -1, or the file itself, already open: of a deleted or replaced
	 * binary, of a process that has gone (/proc/PID/map_files/...). Then
	 * path is not opened. Not closed here, may be closed after the call.
	 */
	int fd;
	/* Of the mapping event; size 0: whatever the file has is accepted. */
	struct clinic_build_id build_id;
};

/* options may be NULL. */
int clinic_symbols_new(const struct clinic_symbols_options *options,
		       struct clinic_symbols **symbols);
void clinic_symbols_free(struct clinic_symbols *symbols);

/*
 * The same build-id, or the same file, gives the same module. -ESTALE: the
 * file has another build-id than the one asked for. -ENOEXEC: not an ELF file
 * for a 64-bit machine. -EBADMSG: a damaged one. -ENOENT, -EACCES and so on:
 * of open(). With use_debuginfod a missing or replaced file is asked for.
 */
int clinic_symbols_open(struct clinic_symbols *symbols,
			const struct clinic_symbols_binary *binary,
			struct clinic_symbols_module **module);

/*
 * The vdso that the kernel maps into every process, read from our own:
 * file offsets are offsets into that mapping.
 */
int clinic_symbols_open_vdso(struct clinic_symbols *symbols,
			     struct clinic_symbols_module **module);

/*
 * The kernel and its modules, as kernel_list has them now. -EPERM: it
 * hides its addresses (kernel.kptr_restrict), -ENODATA: it lists none.
 */
int clinic_symbols_open_kernel(struct clinic_symbols *symbols,
			       struct clinic_symbols_module **module);

/* Code that a process generated, and where it may have named it. */
struct clinic_symbols_generated {
	const char *path; /* what is shown for it: "//anon" */
	const char *root; /* the process's root folder; NULL: ours */
	uint32_t pid;     /* its own number for itself */
	uint32_t uid;     /* a perf map must be its, ours, or root's */
	/* Of jitdumps; not closed here, may be closed after the call. */
	const int *dump_fds;
	size_t dumps_count;
};

/*
 * File offsets are the addresses in that process's memory. -ENODATA: there
 * is neither a perf map nor a jitdump with names. Each call opens anew.
 */
int clinic_symbols_open_generated(struct clinic_symbols *symbols,
				  const struct clinic_symbols_generated *code,
				  struct clinic_symbols_module **module);

/* -ERANGE: no loaded segment holds that offset. */
int clinic_symbols_address(const struct clinic_symbols_module *module,
			   uint64_t file_offset, uint64_t *address);

/*
 * Calls on_symbol once for each of the addresses, in an order of its own;
 * index says which one of addresses[] it is.
 */
int clinic_symbols_resolve(struct clinic_symbols_module *module,
			   const uint64_t *addresses, size_t count,
			   clinic_symbols_on_symbol *on_symbol, void *context);

/* What is known of a module; strings live until another one is used. */
struct clinic_symbols_module_facts {
	const char *path;
	struct clinic_build_id build_id; /* of the file; size 0: it has none */
	const char *debug_path;          /* the debug file in use, or NULL */
	enum clinic_tier best_tier;
};

void clinic_symbols_module_describe(struct clinic_symbols_module *module,
				    struct clinic_symbols_module_facts *facts);

/*
 * The module's file, for whoever disassembles it: a descriptor that stays
 * the module's, or -1 for the kernel and the vdso. Read it with pread.
 */
int clinic_symbols_module_fd(const struct clinic_symbols_module *module);

void clinic_symbols_counts_get(const struct clinic_symbols *symbols,
			       struct clinic_symbols_counts *counts);

#endif
