/*
 * symbols/line_names.h - the folders and files that a line table names.
 *
 * Private to line_table.c, which frees the result. Formats: DWARF 5 section
 * 6.2.4, where the lists describe their own layout, and versions 2 to 4.
 */
#ifndef CLINIC_SYMBOLS_LINE_NAMES_H
#define CLINIC_SYMBOLS_LINE_NAMES_H

#include "foundation/byte_reader.h"
#include "symbols/dwarf_section.h"

/* Sections of the file that has the unit; size 0: it has none. */
struct clinic_line_sections {
	struct clinic_dwarf_section line, line_str, str;
};

struct clinic_line_file {
	const char *name;
	uint64_t folder;
	char *path; /* made when it is first needed */
};

struct clinic_line_names {
	unsigned int version; /* of the line table */
	const char **folders;
	size_t folders_count;
	struct clinic_line_file *files;
	size_t files_count;
};

/*
 * Fills names->folders and names->files; names->version must be set. The reader
 * stands at the lists. is_64bit: offsets take 8 bytes. Returns 0, -EBADMSG or
 * -ENOMEM.
 */
int clinic_line_names_read(struct clinic_line_names *names,
			   const struct clinic_line_sections *sections,
			   bool is_64bit, struct byte_reader *reader);

#endif
