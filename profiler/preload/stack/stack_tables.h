/*
 * preload/stack/stack_tables.h - unwind tables of all that this process has
 * loaded.
 *
 * Compiled at start, after a library was loaded and after one was closed, as
 * far as a walk meets its code. A thread that comes while another is at it
 * does not wait: the loader's lock may be held, by itself (a callback of
 * dl_iterate_phdr that allocates) or by another that waits for it. It walks
 * by the old tables, and its stack may be cut short; it is marked so.
 *
 * Ownership  spaces live as long as the process: others may walk over them.
 * Threads    any, without a lock.
 * Signals    stack_tables_prepare allocates: not from a handler.
 * Read next  preload/stack/stack_walk.h; unwind/address_space.h
 */
#ifndef PRELOAD_STACK_STACK_TABLES_H
#define PRELOAD_STACK_STACK_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct clinic_space;

/* Brings them up to date, and saves the listing of maps that they are of. */
void stack_tables_prepare(void);

/* NULL: not prepared yet. */
struct clinic_space *stack_tables_now(void);

/* Since a dlclose, other code may be where they say that some is. */
bool stack_tables_are_doubtful(void);
/* The code there is a library's, loaded since. Takes no lock. */
bool stack_tables_lack(uint64_t address);

/* How many libraries were closed: a number that changes with each. */
extern __attribute__((
	visibility("hidden"))) _Atomic uint64_t stack_unloads_count;
void stack_tables_note_unload(void);

/* In a forked child: whoever was compiling is not here. */
void stack_tables_restart(void);

/* The file that holds the address, and where in it; false: none known. */
bool stack_tables_place(uint64_t address, const char **path,
			uint64_t *file_offset);

#endif
