/*
 * symbols/dwarf_image.h - a file's debug sections, ready for libdw.
 *
 * libdw never reads the file itself, but an ELF image that we have built. Its
 * headers are sound by construction, it only has the sections that names need
 * (locations, a tenth of a debug file, are not among them), and it is inflated
 * three times as fast as by the zlib inside libdw.
 *
 * Memory     the image is a mapped temporary file, written piece by piece. Only
 *            what was read since the last release is resident, not the 250 MB
 *            that a debug file of 95 MB inflates to.
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
 * libdw opens the path that the skeleton names, and (0.188) cannot read a
 * package. The name in our image is therefore changed, once, to the path of the
 * descriptor.
 */
int clinic_dwarf_image_link_split(const struct clinic_dwarf_image *image,
				  Dwarf_Die *skeleton, int fd,
				  Dwarf_Die *split);
/*
 * Releases the memory that reading took. The image is read again when needed.
 */
void clinic_dwarf_image_release(const struct clinic_dwarf_image *image);
void clinic_dwarf_image_close(struct clinic_dwarf_image *image);

#endif
