/*
 * symbols/dwarf_lines.h - the line tables of units, each read once.
 *
 * Several units may share a table. A split unit may have a table of its own
 * that only lists files; otherwise it uses the skeleton's.
 *
 * Ownership  tables and names live as long as the struct, which must be
 *            cleared before the Dwarf that it read from ends.
 * Errors     NULL: no table, or no memory. Of a damaged table, the part before
 *            the damage is kept.
 * Read next  symbols/line_table.h.
 */
#ifndef CLINIC_SYMBOLS_DWARF_LINES_H
#define CLINIC_SYMBOLS_DWARF_LINES_H

#include <elfutils/libdw.h>

#include "foundation/row_index.h"
#include "symbols/line_table.h"

struct clinic_dwarf_lines {
	const struct clinic_elf *binary;
	uint64_t bytes_max; /* of one table's rows */
	struct clinic_dwarf_lines_table {
		const void *start; /* the table's first byte, its identity */
		struct clinic_line_table *table;
	} * tables;
	size_t tables_count, tables_capacity;
	struct clinic_row_index index; /* of tables, by start */
	/* Two frames in a row are mostly of the same unit. */
	const Dwarf_CU *last_unit;
	struct clinic_line_table *last_table;
	uint64_t bytes; /* of all tables */
	uint64_t damaged_count;
};

/* unit: the top entry of a unit. */
struct clinic_line_table *
clinic_dwarf_lines_of_unit(struct clinic_dwarf_lines *lines, Dwarf_Die *unit);

/* The file that DW_AT_decl_file or DW_AT_call_file means; may be NULL. */
const char *clinic_dwarf_lines_file(struct clinic_dwarf_lines *lines,
				    Dwarf_Attribute *attribute,
				    Dwarf_Die *skeleton);

void clinic_dwarf_lines_clear(struct clinic_dwarf_lines *lines);

#endif
