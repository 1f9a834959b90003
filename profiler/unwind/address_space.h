/*
 * unwind/address_space.h - what a process has mapped where, and its tables.
 *
 *	clinic_modules_new(&modules);                  once
 *	clinic_space_new(modules, pid, &space);        per process
 *	clinic_space_read_maps(space);                 of a running one, or
 *	clinic_space_map(space, &mapping);             per mapping event
 *	clinic_space_find(space, ip, &place);
 *
 * Events     exec: clinic_space_reset. fork: clinic_space_copy. exit:
 *            clinic_space_free. A new mapping replaces what it covers;
 *            the kernel reports no munmap, so stale ones stay until then.
 * Modules    one per binary, whoever maps it: found again by build-id, or
 *            by device and inode. Memory without an ELF file is a module of
 *            each process that maps some as code. The file of a module is
 *            opened when it is first mapped, since a short-lived process is
 *            gone later. Its table is compiled when an address first hits it.
 * Places     a place names a module and an offset in its file, which is
 *            what symbols/symbols.h turns into names. Its fd is the very
 *            file that was mapped, also when deleted or replaced since.
 * Ownership  spaces hold references to modules; clinic_modules_free() comes
 *            after the last clinic_space_free(). Nothing given is kept.
 * Errors     0 or -errno. A file that cannot be opened or has damaged unwind
 *            information is still mapped: its frames have a place, its walks
 *            end with CLINIC_END_NO_TABLE; clinic_module_error() says why.
 * Threads    one at a time per clinic_modules and all spaces of it, but for
 *            reading a space made by clinic_space_read_self(): to add to
 *            such a one while others read it, copy it, publish the copy by an
 *            atomic store, and free the old one when nobody can be in it.
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
	/* Of the address, in the module's file; of a module that is memory,
	 * the address itself. */
	uint64_t file_offset;
};

int clinic_space_new(struct clinic_modules *modules, pid_t pid,
		     struct clinic_space **space);
/* fork: the child has what the parent has. */
int clinic_space_copy(const struct clinic_space *parent, pid_t pid,
		      struct clinic_space **child);
/* exec: nothing is mapped any more. */
void clinic_space_reset(struct clinic_space *space);
void clinic_space_free(struct clinic_space *space); /* NULL: fine */

int clinic_space_map(struct clinic_space *space,
		     const struct clinic_mapping *mapping);
/* Adds what /proc/PID/maps has. -ENOENT, -ESRCH: no such process. */
int clinic_space_read_maps(struct clinic_space *space);
/*
 * A space of the calling process, all tables compiled from the images in
 * memory: no file is opened, and walks over it allocate nothing. This asks the
 * loader, under its lock, for what is loaded.
 */
int clinic_space_read_self(struct clinic_modules *modules,
			   struct clinic_space **space);

/* A program or library in our own memory. */
struct clinic_image {
	const char *path;
	uintptr_t bias; /* what the loader added to its ELF addresses */
	const void *headers;
	size_t headers_count; /* program headers */
};

/* To such a space, of which no other thread knows yet. */
int clinic_space_add_image(struct clinic_space *space,
			   const struct clinic_image *image);
/*
 * Other threads may walk over the space while these change what it shows:
 * mappings whose start is_there() does not know are found no more, and all
 * that `image` has is found again, if the space has the same. false: it lacks
 * some of that.
 */
void clinic_space_hide(struct clinic_space *space,
		       bool (*is_there)(uint64_t start));
bool clinic_space_show(struct clinic_space *space,
		       const struct clinic_space *image);

/* -ENOENT: nothing executable there that we know of. */
int clinic_space_find(const struct clinic_space *space, uint64_t address,
		      struct clinic_place *place);
/* The module of what is between start and end; NULL: nothing is. */
struct clinic_module *clinic_space_between(const struct clinic_space *space,
					   uint64_t start, uint64_t end);
bool clinic_space_is_empty(const struct clinic_space *space);

/*
 * What a walk asks of a space, in this room and in the preload library.
 */

/* Differs between any two spaces, and from what a space was before. */
uint64_t clinic_space_version(const struct clinic_space *space);

struct clinic_code {
	struct clinic_place place;
	const struct clinic_unwind_table *table; /* NULL: none */
	uint64_t elf_address; /* in that table; 0 without one */
};

/* -ENOENT: nothing executable there. */
int clinic_space_code(const struct clinic_space *space, uint64_t address,
		      struct clinic_code *code);

#endif
