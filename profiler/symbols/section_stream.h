/*
 * symbols/section_stream.h - a section's bytes, in pieces or at once; they are
 * unpacked (zlib, zstd) if necessary.
 *
 * Debug information inflates to hundreds of megabytes: a caller that takes it
 * in pieces never holds more than one.
 *
 * Errors     0 or -errno: -EBADMSG when it is damaged or its size is not as
 *            stated; -ENODATA when it is not in this file; the result of
 *            on_bytes.
 * Read next  symbols/elf_file.h; symbols/dwarf_image.h takes pieces.
 */
#ifndef CLINIC_SYMBOLS_SECTION_STREAM_H
#define CLINIC_SYMBOLS_SECTION_STREAM_H

#include "symbols/elf_file.h"

/* A result that is not 0 ends the reading, and is returned. */
typedef int clinic_section_on_bytes(void *context, const uint8_t *bytes,
				    size_t size);

/* Calls on_bytes with all pieces in order: section->size_bytes in total. */
int clinic_section_stream(const struct clinic_elf *elf,
			  const struct clinic_elf_section *section,
			  clinic_section_on_bytes *on_bytes, void *context);

/* Reads all bytes of a section at once. */
int clinic_elf_read_section(const struct clinic_elf *elf,
			    const struct clinic_elf_section *section,
			    struct clinic_elf_bytes *bytes);

#endif
