/*
 * symbols/line_names.h - the folders and files that a line table names.
 *
 * Private to line_table.c. Formats: DWARF 5 section 6.2.4, where the lists
 * tell their own layout, and versions 2 to 4.
 */
#ifndef CLINIC_SYMBOLS_LINE_NAMES_H
#define CLINIC_SYMBOLS_LINE_NAMES_H

#include "symbols/line_table.h"
#include "foundation/byte_reader.h"

/*
 * Into table->folders and table->files, whose version is known. reader: at
 * the lists. is_64bit: offsets take 8 bytes. 0, -EBADMSG or -ENOMEM.
 */
int clinic_line_names_read(struct clinic_line_table *table,
			   const struct clinic_line_sections *sections,
			   bool is_64bit, struct byte_reader *reader);

#endif
