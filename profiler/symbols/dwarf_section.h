/*
 * symbols/dwarf_section.h - the bytes of a debug section, by name.
 *
 * Ownership  the bytes belong to the Elf.
 */
#ifndef CLINIC_SYMBOLS_DWARF_SECTION_H
#define CLINIC_SYMBOLS_DWARF_SECTION_H

#include <libelf.h>
#include <stdint.h>

struct clinic_dwarf_section {
	const uint8_t *bytes;
	uint64_t size; /* 0: there is no such section */
};

/* split_name: what a .dwo file calls it. */
struct clinic_dwarf_section clinic_dwarf_section_of(Elf *elf, const char *name,
						    const char *split_name);

#endif
