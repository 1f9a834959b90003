/*
 * symbols/dwo_package.h - a .dwp file: the split units of a program, packed
 * by dwp or llvm-dwp.
 *
 *	.debug_cu_index	hash of unit ids ─► row ─► offset, size per section
 *	.debug_*.dwo	the units' parts, one after the other
 *
 * Format: DWARF 5 section 7.3.5; version 2 of the index is GNU's for DWARF 4.
 * A part was a section of the unit's .dwo file, so the parts of a unit are
 * returned as the sections of one. All units share the strings of the package:
 * see split_strings.h.
 *
 * Ownership  clinic_dwo_package_close().
 * Errors     0 or -errno: -ENOEXEC no package; -EFBIG an index beyond
 *            bytes_max; -EBADMSG damaged; of find: -ENOENT no such unit.
 * Read next  symbols/split_files.h.
 */
#ifndef CLINIC_SYMBOLS_DWO_PACKAGE_H
#define CLINIC_SYMBOLS_DWO_PACKAGE_H

#include "symbols/elf_file.h"
#include "symbols/section_file.h"

struct clinic_dwo_package {
	struct clinic_elf *elf; /* its sections are not compressed */
	struct clinic_elf_bytes index;
	uint32_t version; /* of the index: 2 or 5 */
	uint32_t columns_count, units_count, slots_count;
};

int clinic_dwo_package_open(int fd, uint64_t bytes_max,
			    struct clinic_dwo_package *package);
void clinic_dwo_package_close(struct clinic_dwo_package *package);

/* Adds the parts of the unit with that id, except for the strings. */
int clinic_dwo_package_find(const struct clinic_dwo_package *package,
			    uint64_t unit_id,
			    struct clinic_section_choices *choices);

#endif
