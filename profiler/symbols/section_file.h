/*
 * symbols/section_file.h - an ELF file of chosen sections, unpacked.
 *
 * libdw only reads such files, never one from outside: their headers are sound
 * by construction, and they only have what names need.
 *
 * Ownership  the caller closes the descriptor; the file has no name.
 * Errors     a descriptor, or -errno: -ENODATA without any section; -EFBIG
 *            above bytes_max; -EBADMSG when a section cannot be unpacked.
 * Read next  symbols/dwarf_image.h, symbols/split_files.h.
 */
#ifndef CLINIC_SYMBOLS_SECTION_FILE_H
#define CLINIC_SYMBOLS_SECTION_FILE_H

#include "symbols/elf_file.h"

#define CLINIC_SECTION_CHOICES_MAX 12

struct clinic_section_choice {
	const char *name; /* in the file that is written */
	const struct clinic_elf *elf;
	struct clinic_elf_section section; /* of elf, or a part of one */
	uint64_t room_bytes;               /* zeros after it */
};

struct clinic_section_choices {
	struct clinic_section_choice list[CLINIC_SECTION_CHOICES_MAX];
	size_t count;
};

/* Adds the section of that name if elf has it. */
void clinic_section_choices_add(struct clinic_section_choices *choices,
				const struct clinic_elf *elf, const char *name,
				uint64_t room_bytes);

/* like: the file gets the machine of this header. */
int clinic_section_file_write(const struct clinic_section_choices *choices,
			      const Elf64_Ehdr *like, uint64_t bytes_max,
			      uint64_t *size_bytes);

#endif
