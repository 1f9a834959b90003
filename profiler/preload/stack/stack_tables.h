/*
 * preload/stack/stack_tables.h - the unwind tables of the program and of the
 * libraries that it has loaded.
 *
 * stack_tables_prepare compiles the tables of all that is loaded by then. The
 * table of a library that is loaded later is compiled when a walk first meets
 * its code: from its image in memory, without the loader's lock and without the
 * program's allocator. If another thread compiles a table at that moment, a
 * thread does not wait for it: it uses the tables that exist. Its stack may
 * then be incomplete, and is marked as such.
 *
 * Ownership  spaces live as long as the process, because other threads may be
 *            walking over them.
 * Threads    any, without a lock.
 * Signals    stack_tables_prepare and stack_tables_add must not be called in a
 *            signal handler.
 * Read next  preload/stack/stack_walk.h; unwind/address_space.h
 */
#ifndef PRELOAD_STACK_STACK_TABLES_H
#define PRELOAD_STACK_STACK_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct clinic_space;

/*
 * The first call makes the tables, and saves the listing of the mappings. It
 * takes the loader's lock, so a hook must not call it.
 */
void stack_tables_prepare(void);

/*
 * Adds the library at an address in a stack of the calling thread. Returns
 * false if no library is there, if there is no memory, or if another thread is
 * adding one.
 */
bool stack_tables_add(uint64_t address);

/* NULL: the tables have not been prepared. */
struct clinic_space *stack_tables_now(void);

/* How often a library was closed. */
extern __attribute__((
	visibility("hidden"))) _Atomic uint64_t stack_unloads_count;
void stack_tables_note_unload(void);

/* To be called in a forked child, where no other thread compiles a table. */
void stack_tables_restart(void);

/* Sets the file that contains the address, and the offset in it; false: no
 * file is known. */
bool stack_tables_place(uint64_t address, const char **path,
			uint64_t *file_offset);

#endif
