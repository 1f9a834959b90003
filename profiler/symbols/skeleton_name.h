/*
 * symbols/skeleton_name.h - change where a skeleton unit says its split unit
 * is, in an image that is ours to write.
 *
 *	.debug_info  ... DW_AT_dwo_name: offset ──┐
 *	.debug_str   "main.dwo" ... "" room ◄─────┘ "/proc/self/fd/7"
 *
 * Other names may share the text of the name, so the text stays. The offset is
 * changed to room that the image has at the end of its string sections.
 *
 * Errors     0 or -errno: -ENOTSUP for a name that is not stored as an offset
 *            (no compiler writes one); -EBADMSG when damaged.
 */
#ifndef CLINIC_SYMBOLS_SKELETON_NAME_H
#define CLINIC_SYMBOLS_SKELETON_NAME_H

#include <elfutils/libdw.h>
#include <stdint.h>

/* At the end of .debug_str and .debug_line_str. */
#define CLINIC_SKELETON_NAME_BYTES 32

int clinic_skeleton_name_set(Elf *elf, char *image, uint64_t image_bytes,
			     Dwarf_Die *skeleton, int fd);

#endif
