/*
 * sources/data_symbol.h - the name of a variable at an address.
 *
 * Locks need this: a static mutex is best known by its name, and
 * symbols/symbols.h only names code.
 *
 * Read next  collect/lock_names.h.
 */
#ifndef CLINIC_SOURCES_DATA_SYMBOL_H
#define CLINIC_SOURCES_DATA_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

struct clinic_mapping;

/*
 * Finds the object that holds the ELF virtual address: "name", or "name+0x8"
 * inside the object, demangled. name_bytes is 64 or more; a longer name is cut
 * before its offset. Returns 0, or -ENOENT if the file has no such symbol or
 * cannot be read.
 */
int clinic_data_symbol(const char *path, uint64_t address, char *name,
		       size_t name_bytes);

/* Where a file's segments lie in a process that has loaded it. */
struct clinic_loaded_range {
	uint64_t bias; /* run-time address - ELF address */
	uint64_t low, high;
};

/*
 * Finds the range of the file to which this mapping of code belongs. -ENOENT:
 * the file cannot be read, or has no such code. -ESTALE: another build has
 * taken its place.
 */
int clinic_loaded_range(const struct clinic_mapping *mapping,
			struct clinic_loaded_range *range);

#endif
