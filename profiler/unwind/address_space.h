/*
 * unwind/address_space.h - the executable mappings of a process, and the unwind
 * tables of what is mapped.
 *
 *	clinic_modules_new(&modules);                  once
 *	clinic_space_new(modules, pid, &space);        per process
 *	clinic_space_read_maps(space);                 of a running one, or
 *	clinic_space_map(space, &mapping);             per mapping event
 *	clinic_space_find(space, ip, &place);
 *
 * Events     exec: clinic_space_reset. fork: clinic_space_copy. exit:
 *            clinic_space_free. A new mapping replaces what it covers. The
 *            kernel does not report munmap, so a mapping stays until it is
 *            covered.
 * Modules    there is one for each binary, whichever processes map it: it is
 *            found again by build-id, or by device and inode. Memory without an
 *            ELF file is a module of each process that maps some as code. The
 *            file of a module is opened when it is first mapped, because a
 *            short-lived process is gone later. Its table is compiled when an
 *            address is first looked up in it.
 * Places     a place names a module and an offset in its file, from which
 *            symbols/symbols.h finds names. The module's fd is the file that
 *            was mapped, even if it was deleted or replaced since.
 * Ownership  spaces refer to modules: call clinic_modules_free() after the last
 *            clinic_space_free(). Arguments are copied.
 * Errors     0 or -errno. A file that cannot be opened, or whose unwind
 *            information is damaged, is mapped nevertheless: its frames have a
 *            place, and walks end there with CLINIC_END_NO_TABLE;
 *            clinic_module_error() says why.
 * Threads    one at a time for a clinic_modules and all its spaces. Exception:
 *            many threads may read a space made by clinic_space_read_self(). To
 *            add to such a space while others read it, copy it, publish the
 *            copy by an atomic store, and free the old one when no thread can
 *            be in it.
 * Read next  unwind/unwind.h; unwind/unwind_table.h.
 */
#ifndef CLINIC_UNWIND_ADDRESS_SPACE_H
#define CLINIC_UNWIND_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "unwind/mapping.h"
#include "unwind/module.h"

struct clinic_space;

/* Where an address is. */
struct clinic_place {
	struct clinic_module *module; /* lives as long as the space */
	uint64_t mapping_start;
	uint64_t mapping_end;
	/*
	 * Of the address in the file of the module; if the module is memory,
	 * the address itself.
	 */
	uint64_t file_offset;
};

int clinic_space_new(struct clinic_modules *modules, pid_t pid,
		     struct clinic_space **space);
/* For a fork: the child has the same mappings as its parent. */
int clinic_space_copy(const struct clinic_space *parent, pid_t pid,
		      struct clinic_space **child);
/* For an exec: nothing is mapped any more. */
void clinic_space_reset(struct clinic_space *space);
void clinic_space_free(struct clinic_space *space); /* NULL: fine */

int clinic_space_map(struct clinic_space *space,
		     const struct clinic_mapping *mapping);
/*
 * Adds the mappings in /proc/PID/maps. -ENOENT, -ESRCH: there is no such
 * process.
 */
int clinic_space_read_maps(struct clinic_space *space);
/*
 * Makes a space of the calling process. All tables are compiled from the images
 * in memory: no file is opened, and walks allocate nothing. This asks the
 * dynamic loader, which takes its lock, for what is loaded.
 */
int clinic_space_read_self(struct clinic_modules *modules,
			   struct clinic_space **space);

/* A program or library in our own memory. */
struct clinic_image {
	const char *path;
	uintptr_t bias; /* run-time address - ELF address */
	const void *headers;
	size_t headers_count; /* program headers */
};

/* Adds an image to such a space, which no other thread may use yet. */
int clinic_space_add_image(struct clinic_space *space,
			   const struct clinic_image *image);
/*
 * Other threads may walk in the space meanwhile. hide: mappings for whose start
 * is_there() returns false are not found any more. show: all mappings of
 * `image` that the space has, too, are found again; false: it lacks some.
 */
void clinic_space_hide(struct clinic_space *space,
		       bool (*is_there)(uint64_t start));
bool clinic_space_show(struct clinic_space *space,
		       const struct clinic_space *image);

/* -ENOENT: no executable mapping is known there. */
int clinic_space_find(const struct clinic_space *space, uint64_t address,
		      struct clinic_place *place);
/* The module of a mapping between start and end; NULL: there is none. */
struct clinic_module *clinic_space_between(const struct clinic_space *space,
					   uint64_t start, uint64_t end);
bool clinic_space_is_empty(const struct clinic_space *space);

/* For walks, in this room and in the preload library. */

/*
 * A number that differs between any two spaces, and changes when a space does.
 */
uint64_t clinic_space_version(const struct clinic_space *space);

struct clinic_code {
	struct clinic_place place;
	const struct clinic_unwind_table *table; /* NULL: none */
	uint64_t elf_address; /* in the table; 0 without a table */
};

/* -ENOENT: no executable mapping is known there. */
int clinic_space_code(const struct clinic_space *space, uint64_t address,
		      struct clinic_code *code);

#endif
