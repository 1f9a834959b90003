/*
 * symbols/dwarf_image.h - a file's debug sections, ready for libdw.
 *
 * libdw gets an ELF image that we built, never the file: with headers that
 * are sound by construction, only the sections that names need (locations are
 * a tenth of a debug file), and inflated at three times the speed of the zlib
 * inside libdw.
 *
 * Memory     the image is a mapped temporary file, written piece by piece:
 *            what is resident is what was read since the last release, not
 *            the 250 MB that a debug file of 95 MB inflates to.
 * Ownership  clinic_dwarf_image_close() ends dwarf and unmaps the image.
 * Errors     0 or -errno: -ENODATA no debug information; -EFBIG more than
 *            bytes_max of it; -EBADMSG damaged.
 * Read next  symbols/section_file.h, symbols/dwarf_index.h.
 */
#ifndef CLINIC_SYMBOLS_DWARF_IMAGE_H
#define CLINIC_SYMBOLS_DWARF_IMAGE_H

#include <elfutils/libdw.h>

#include "symbols/elf_file.h"

struct clinic_dwarf_image {
	char *bytes;
	uint64_t size_bytes;
	Elf *elf;
	Dwarf *dwarf;
};

int clinic_dwarf_image_open(const struct clinic_elf *elf, uint64_t bytes_max,
			    struct clinic_dwarf_image *image);
/*
 * Lets libdw find the split unit of a skeleton in the file of a descriptor.
 * It looks at the path that the skeleton names, and (0.188) cannot read a
 * package; the name in our image is made that of the descriptor, once.
 */
int clinic_dwarf_image_link_split(const struct clinic_dwarf_image *image,
				  Dwarf_Die *skeleton, int fd,
				  Dwarf_Die *split);
/*
 * Gives back the memory that reading took. It is read again when it is needed.
 */
void clinic_dwarf_image_release(const struct clinic_dwarf_image *image);
void clinic_dwarf_image_close(struct clinic_dwarf_image *image);

#endif
