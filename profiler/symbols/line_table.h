/*
 * symbols/line_table.h - a unit's line table: address to file and line.
 *
 * Format: DWARF 5 section 6.2, and versions 2 to 4 of it. libdw's reader is not
 * used, because it allocates 64 bytes for every row, one by one and under a
 * lock. It took a third of the time and a quarter of the memory of naming 3000
 * addresses of a 95 MB debug file, and let a hostile table grow 64 times.
 *
 * Rows       16 bytes each; those that repeat the line before them, or have
 *            no code of their own, are not kept.
 * Sequences  of functions that the linker threw away are dropped.
 * Ownership  names point into the sections, which must outlive the table.
 * Errors     0 or -errno: -EBADMSG when damaged; -EFBIG when there are more
 *            than rows_max rows. The rows before an error are kept.
 * Read next  symbols/dwarf_lines.h, which finds a unit's table.
 */
#ifndef CLINIC_SYMBOLS_LINE_TABLE_H
#define CLINIC_SYMBOLS_LINE_TABLE_H

#include "symbols/elf_file.h"
#include "symbols/line_names.h"
#include "symbols/range_index.h"

struct clinic_line_row {
	uint64_t address;
	uint32_t file; /* for clinic_line_table_file() */
	uint32_t line; /* 0: the compiler's own code */
};

struct clinic_line_table {
	const char *compiled_in; /* the folder of the compilation, or NULL */
	struct clinic_line_names names;
	struct clinic_line_row *rows;
	size_t rows_count, rows_capacity, rows_max;
	struct clinic_line_sequence {
		size_t first, count; /* rows */
		uint64_t end;        /* address */
	} * sequences;
	size_t sequences_count, sequences_capacity;
	struct clinic_range_index ranges; /* payload: index in sequences */
};

/* Reads the table at that offset of sections->line into a zeroed struct. */
int clinic_line_table_read(struct clinic_line_table *table,
			   const struct clinic_line_sections *sections,
			   uint64_t offset, const char *compiled_in,
			   const struct clinic_elf *binary, size_t rows_max);

/* The row of the address, and where the next row begins; NULL: none. */
const struct clinic_line_row *
clinic_line_table_find(const struct clinic_line_table *table, uint64_t address,
		       uint64_t *end);

/* Path of the file with that number, or NULL. */
const char *clinic_line_table_file(struct clinic_line_table *table,
				   uint64_t number);

uint64_t clinic_line_table_bytes(const struct clinic_line_table *table);
void clinic_line_table_clear(struct clinic_line_table *table);

#endif
