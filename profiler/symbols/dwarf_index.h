/*
 * symbols/dwarf_index.h - finds the function, the inlined calls and the line of
 * an address.
 *
 *	address --> unit: ranges of all units, read at first
 *	        --> function: functions of the unit, read at its first address
 *	        --> inlined calls: read at the function's first address
 *
 * (Asking libdw for the scopes of each address would walk a whole unit for
 * each.)
 *
 * Hostile    debug information costs time and memory in proportion to its size:
 *            entries are only walked forwards, and there are never more ranges
 *            than bytes.
 * Memory     the sections of each file take at most half of bytes_max. The
 *            index is dropped when it takes more than 12 MiB, and read again
 *            when it is needed: answers are then slower, but the same.
 * Ownership  answers are valid until the next call.
 * Errors     0 or -errno: -ENOENT: nothing is known there; of new: those of
 *            dwarf_image.h.
 * Read next  symbols/dwarf_names.h, symbols/range_index.h.
 */
#ifndef CLINIC_SYMBOLS_DWARF_INDEX_H
#define CLINIC_SYMBOLS_DWARF_INDEX_H

#include "symbols/elf_file.h"
#include "symbols/split_files.h"
#include "symbols/symbol.h"

struct clinic_dwarf_index;

/*
 * debug: the file with the sections, binary: the one that is mapped (may be
 * the same), alternate: of .gnu_debugaltlink, or NULL. All must outlive the
 * index, and so must the paths of split_files, which is copied.
 */
int clinic_dwarf_index_new(const struct clinic_elf *binary,
			   const struct clinic_elf *debug,
			   const struct clinic_elf *alternate,
			   const struct clinic_split_files *split_files,
			   uint64_t bytes_max,
			   struct clinic_dwarf_index **index);
void clinic_dwarf_index_free(struct clinic_dwarf_index *index); /* NULL: fine */

struct clinic_dwarf_answer {
	size_t frames_count; /* 0: no function, but maybe a file and line */
	const struct clinic_symbols_frame *frames;
	const char *file;
	uint32_t line;
};

/*
 * The number of the unit of an address. Addresses that are grouped by this
 * number are found faster.
 */
uint32_t clinic_dwarf_index_unit(const struct clinic_dwarf_index *index,
				 uint64_t address);
int clinic_dwarf_index_find(struct clinic_dwarf_index *index, uint64_t address,
			    struct clinic_dwarf_answer *answer);

/* The same as clinic_symbols_function_ranges and _function_lines. */
int clinic_dwarf_index_ranges(struct clinic_dwarf_index *index,
			      const char *function,
			      clinic_symbols_on_range *on_range, void *context);
int clinic_dwarf_index_lines(struct clinic_dwarf_index *index, uint64_t start,
			     uint64_t end, clinic_symbols_on_line *on_line,
			     void *context);

/* The memory that is in use now, with the image. */
uint64_t clinic_dwarf_index_bytes(const struct clinic_dwarf_index *index);
/* Units that could not be read. */
uint64_t clinic_dwarf_index_damaged(const struct clinic_dwarf_index *index);

#endif
