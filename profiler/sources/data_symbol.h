/*
 * sources/data_symbol.h - the name of a variable at an address.
 *
 * For locks: a static mutex is best known by its name. symbols/symbols.h
 * names code alone.
 *
 * Read next  collect/lock_names.h.
 */
#ifndef CLINIC_SOURCES_DATA_SYMBOL_H
#define CLINIC_SOURCES_DATA_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

struct clinic_mapping;

/*
 * The object that holds the ELF virtual address, as "name" or, inside it,
 * "name+0x8", demangled. name_bytes is 64 or more; what is longer is cut before
 * its offset. 0 or -ENOENT: the file has no such symbol, or cannot be read.
 */
int clinic_data_symbol(const char *path, uint64_t address, char *name,
		       size_t name_bytes);

/* Where a file's segments lie in a process that has loaded it. */
struct clinic_loaded_range {
	uint64_t bias; /* run-time address - ELF address */
	uint64_t low, high;
};

/*
 * Of a file with that mapping of code. -ENOENT: it cannot be read, or has no
 * such code. -ESTALE: another build has taken its place.
 */
int clinic_loaded_range(const struct clinic_mapping *mapping,
			struct clinic_loaded_range *range);

#endif
