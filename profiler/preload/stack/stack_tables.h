/*
 * preload/stack/stack_tables.h - unwind tables of all that this process has
 * loaded.
 *
 * Compiled at start, and for a library that was loaded since, when a walk
 * meets its code: from its image, without the loader's lock and without any
 * allocator of the program's. A thread that comes while another is at it does
 * not wait. It walks by the tables there are, and its stack may be cut short;
 * it is marked so.
 *
 * Ownership  spaces live as long as the process: others may walk over them.
 * Threads    any, without a lock.
 * Signals    stack_tables_prepare and stack_tables_add: not from a handler.
 * Read next  preload/stack/stack_walk.h; unwind/address_space.h
 */
#ifndef PRELOAD_STACK_STACK_TABLES_H
#define PRELOAD_STACK_STACK_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct clinic_space;

/*
 * Makes them, once, and saves the listing of maps that they are of. Takes the
 * loader's lock: not from a hook.
 */
void stack_tables_prepare(void);

/*
 * The library at an address that a stack leads through. false: none is there,
 * or another thread is adding one.
 */
bool stack_tables_add(uint64_t address);

/* NULL: not prepared yet. */
struct clinic_space *stack_tables_now(void);

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
