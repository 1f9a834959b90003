/*
 * symbols/dwarf_image.h - a file's debug sections, ready for libdw.
 *
 * libdw gets an ELF image that we built in memory, never the file: with
 * headers that are sound by construction, only the sections that names need
 * (locations are a tenth of a debug file), and decompressed by libdeflate,
 * in a third of the time that zlib takes inside libdw.
 *
 * Ownership  clinic_dwarf_image_close() ends dwarf and frees the image.
 * Errors     0 or -errno: -ENODATA no debug information; -EFBIG more than
 *            bytes_max of it; -EBADMSG damaged.
 * Read next  symbols/dwarf_index.h.
 */
#ifndef CLINIC_SYMBOLS_DWARF_IMAGE_H
#define CLINIC_SYMBOLS_DWARF_IMAGE_H

#include <elfutils/libdw.h>

#include "symbols/elf_file.h"

struct clinic_dwarf_image {
	uint8_t *bytes;
	uint64_t size_bytes;
	Elf *elf;
	Dwarf *dwarf;
};

int clinic_dwarf_image_open(const struct clinic_elf *elf, uint64_t bytes_max,
			    struct clinic_dwarf_image *image);
void clinic_dwarf_image_close(struct clinic_dwarf_image *image);

#endif
