/*
 * symbols/elf_shapes.h - the rows of 32-bit ELF files, as 64-bit ones.
 *
 * The two have the same fields in different orders and sizes. Code that reads
 * a table passes its shape, and only sees 64-bit rows.
 */
#ifndef CLINIC_SYMBOLS_ELF_SHAPES_H
#define CLINIC_SYMBOLS_ELF_SHAPES_H

#include <stddef.h>

struct clinic_elf_shape {
	size_t narrow_bytes; /* of a row in a 32-bit file */
	size_t wide_bytes;
	void (*widen)(const void *narrow, void *wide);
};

#define CLINIC_ELF_ROW_BYTES_MAX 64

extern const struct clinic_elf_shape clinic_elf_header_shape;
extern const struct clinic_elf_shape clinic_elf_segment_shape;
extern const struct clinic_elf_shape clinic_elf_section_shape;
extern const struct clinic_elf_shape clinic_elf_packing_shape;
extern const struct clinic_elf_shape clinic_elf_symbol_shape;

#endif
