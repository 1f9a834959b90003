/*
 * symbols/elf_file.h - one ELF file, read with every offset checked.
 *
 *	clinic_elf_open(fd, &elf);
 *	section = clinic_elf_section(elf, ".symtab");
 *	clinic_elf_read(elf, bytes, section->file_bytes, section->offset);
 *
 * The file is read by pread and never mapped: if it is overwritten or cut
 * meanwhile, we get wrong bytes or an error, not SIGBUS.
 *
 * Accepts    little-endian ELF of 64 bits (x86-64, AArch64) and 32 bits (i386);
 *            both look like 64-bit files to callers.
 * Ownership  the descriptor is duplicated; memory is borrowed until
 *            clinic_elf_close(). The caller frees what the read functions
 *            return.
 * Errors     0 or -errno: -ENOEXEC not such a file; -EBADMSG a header or
 *            section points outside the file; -EFBIG a compressed section
 *            claims an absurd size.
 * Read next  symbols/section_stream.h, symbols/dwarf_image.h,
 *            symbols/symbol_table.h.
 */
#ifndef CLINIC_SYMBOLS_ELF_FILE_H
#define CLINIC_SYMBOLS_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/elf_shapes.h"
#include "symbols/build_id.h"

enum clinic_elf_packing {
	CLINIC_ELF_PLAIN,
	CLINIC_ELF_ZLIB,
	CLINIC_ELF_ZSTD,
};

struct clinic_elf_section {
	const char *name; /* "" when it has none */
	enum clinic_elf_packing packing;
	uint32_t header_bytes; /* before the packed bytes */
	uint32_t type;         /* SHT_NOBITS: not in this file */
	uint32_t link;
	uint64_t flags;
	uint64_t address;
	uint64_t offset;
	uint64_t file_bytes; /* in the file, 0 for SHT_NOBITS */
	uint64_t size_bytes; /* once decompressed */
	uint64_t entry_bytes;
};

struct clinic_elf {
	int fd; /* -1: in memory */
	const uint8_t *memory;
	uint64_t size_bytes;
	bool is_narrow; /* a 32-bit file; rows here are in the 64-bit shape */
	Elf64_Ehdr header;
	size_t sections_count;
	struct clinic_elf_section *sections;
	size_t segments_count;
	Elf64_Phdr *segments;
	struct clinic_build_id build_id; /* size 0: none */
	char *section_names;
};

/* Bytes with a NUL after them, so that any offset inside is a string. */
struct clinic_elf_bytes {
	uint8_t *bytes;
	uint64_t size;
};

int clinic_elf_open(int fd, struct clinic_elf **elf);
int clinic_elf_open_memory(const void *memory, size_t size_bytes,
			   struct clinic_elf **elf);
void clinic_elf_close(struct clinic_elf *elf); /* NULL: fine */

/* The first section of that name that is in the file, or NULL. ".debug_info"
 * also finds ".zdebug_info". */
const struct clinic_elf_section *
clinic_elf_section(const struct clinic_elf *elf, const char *name);

/* One row of a table, in the 64-bit shape. */
int clinic_elf_read_row(const struct clinic_elf *elf,
			const struct clinic_elf_shape *shape, void *row,
			uint64_t offset);
/* Reads bytes of the file; -EBADMSG: the file ends before them. */
int clinic_elf_read(const struct clinic_elf *elf, void *bytes, uint64_t size,
		    uint64_t offset);

/* Reads the first segment of that type; this needs no section headers. */
int clinic_elf_read_segment(const struct clinic_elf *elf, uint32_t type,
			    struct clinic_elf_bytes *bytes, uint64_t *address);

/* -ERANGE: the offset is in no loaded segment. */
int clinic_elf_address(const struct clinic_elf *elf, uint64_t file_offset,
		       uint64_t *address);

bool clinic_elf_is_code(const struct clinic_elf *elf, uint64_t address);

#endif
