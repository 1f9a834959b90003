/*
 * symbols/split_strings.h - the strings of one unit, copied from a package.
 *
 * A package keeps the strings of all units in one section (hundreds of MB for
 * a browser); a unit's offsets say which are its own.
 *
 *	offsets of the unit: 9000 17 ...	package: ...\0main\0 ...
 *	             becomes 0 5 ...		"main\0" "int\0" ...
 *
 * Ownership  clinic_split_strings_clear() frees.
 * Errors     0 or -errno: -EBADMSG when damaged; -EFBIG above bytes_max.
 */
#ifndef CLINIC_SYMBOLS_SPLIT_STRINGS_H
#define CLINIC_SYMBOLS_SPLIT_STRINGS_H

#include "symbols/section_file.h"

struct clinic_split_strings {
	struct clinic_elf_bytes offsets, text;
	size_t text_capacity;
	struct clinic_elf offsets_elf, text_elf; /* the two, for a choice */
};

/*
 * Replaces the offsets among the choices, and adds the strings. The struct must
 * live until the choices are written.
 */
int clinic_split_strings_extract(const struct clinic_elf *package,
				 bool has_header, uint64_t bytes_max,
				 struct clinic_section_choices *choices,
				 struct clinic_split_strings *strings);
void clinic_split_strings_clear(struct clinic_split_strings *strings);

#endif
