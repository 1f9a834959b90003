/*
 * symbols/dwarf_names.h - what a function is called, and where it is defined.
 *
 * Follows a subprogram, or a copy of it inlined somewhere, to the function
 * it stands for; each function is looked up and demangled once.
 *
 * Ownership  the strings of a result live as long as the table, the result
 *            itself until the next call.
 * Errors     NULL when there is no memory.
 * Read next  symbols/dwarf_index.h, which asks.
 */
#ifndef CLINIC_SYMBOLS_DWARF_NAMES_H
#define CLINIC_SYMBOLS_DWARF_NAMES_H

#include "foundation/row_index.h"
#include "symbols/dwarf_lines.h"

struct clinic_dwarf_name {
	const void *origin;      /* the function's entry: its identity */
	const char *function;    /* NULL: it has no name */
	char *demangled;         /* the memory of function, if it was mangled */
	const char *source_name; /* without scope and parameters; or NULL */
	const char *defined_file;
	uint32_t defined_line;
};

/* All zero is an empty table. */
struct clinic_dwarf_names {
	struct clinic_dwarf_name *list;
	size_t count, capacity;
	struct clinic_row_index index; /* by origin */
	uint64_t bytes;                /* memory of the whole table */
};

/* skeleton: see clinic_dwarf_lines_file(). */
const struct clinic_dwarf_name *
clinic_dwarf_names_find(struct clinic_dwarf_names *names,
			struct clinic_dwarf_lines *lines, Dwarf_Die *die,
			Dwarf_Die *skeleton);
void clinic_dwarf_names_clear(struct clinic_dwarf_names *names);

#endif
