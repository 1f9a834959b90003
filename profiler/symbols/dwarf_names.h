/*
 * symbols/dwarf_names.h - what a function is called, and where it is defined.
 *
 * Follows a subprogram, or a copy of it inlined somewhere, to the function
 * it stands for; each function is looked up and demangled once.
 *
 * Ownership  results live as long as the table.
 * Errors     NULL when there is no memory.
 * Read next  symbols/dwarf_index.h, which asks.
 */
#ifndef CLINIC_SYMBOLS_DWARF_NAMES_H
#define CLINIC_SYMBOLS_DWARF_NAMES_H

#include <elfutils/libdw.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_dwarf_name {
	const void *origin;   /* the function's entry: its identity */
	const char *function; /* NULL: it has no name */
	char *demangled;      /* what function points to, if it was mangled */
	const char *source_name; /* without scope and parameters; or NULL */
	const char *defined_file;
	uint32_t defined_line;
};

/* All zero is an empty table. */
struct clinic_dwarf_names {
	struct clinic_dwarf_name *slots; /* open addressing by origin */
	size_t slots_count;              /* a power of two */
	size_t used_count;
	uint64_t bytes; /* of all of it */
};

/* skeleton: the unit that has the line table, see clinic_dwarf_file_name. */
const struct clinic_dwarf_name *
clinic_dwarf_names_find(struct clinic_dwarf_names *names, Dwarf_Die *die,
			Dwarf_Die *skeleton);
/*
 * The file that DW_AT_decl_file or DW_AT_call_file means, or NULL: of the
 * table of the attribute's own unit or, for split units that have none, of
 * the skeleton's. (libdw's dwarf_decl_file aborts on those.)
 */
const char *clinic_dwarf_file_name(Dwarf_Attribute *attribute,
				   Dwarf_Die *skeleton);

void clinic_dwarf_names_clear(struct clinic_dwarf_names *names);

#endif
