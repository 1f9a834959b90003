/*
 * unwind/elf_layout.h - where an ELF binary keeps what unwinding needs.
 *
 *	clinic_elf_layout_read(fd, &layout);           of a file
 *	clinic_elf_layout_of_image(bias, headers, n, &layout);   of memory
 *
 * Private to this room. Read with pread, never mapped: a file that is
 * truncated while we look gives an error, not SIGBUS. libelf would do for
 * files, but this is also linked into programs that we only visit.
 *
 * Hostile    counts and sizes are checked against the file before use.
 * Errors     -ENOEXEC: not an ELF program or library of this machine, or
 *            damaged headers. -errno of pread.
 */
#ifndef CLINIC_UNWIND_ELF_LAYOUT_H
#define CLINIC_UNWIND_ELF_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define CLINIC_ELF_SEGMENTS_MAX 16
#define CLINIC_ELF_BUILD_ID_MAX 20

struct clinic_elf_segment {
	uint64_t file_offset;
	uint64_t file_size;
	uint64_t address;
	uint64_t memory_size;
};

struct clinic_elf_range {
	uint64_t file_offset;
	uint64_t size; /* 0: there is none */
	uint64_t address;
};

struct clinic_elf_layout {
	uint64_t base;  /* the lowest loaded address */
	uint64_t entry; /* 0: none, or not known */
	size_t code_count;
	struct clinic_elf_segment code[CLINIC_ELF_SEGMENTS_MAX];
	uint8_t build_id_size;
	uint8_t build_id[CLINIC_ELF_BUILD_ID_MAX];
	/* Of a file that has sections. */
	struct clinic_elf_range eh_frame;
	struct clinic_elf_range debug_frame;
	struct clinic_elf_range init; /* .init and .fini: code */
	struct clinic_elf_range fini;
	/* .eh_frame_hdr, the search table, and the segment that it is in. */
	struct clinic_elf_range eh_frame_index;
	struct clinic_elf_range eh_frame_segment;
};

int clinic_elf_layout_read(int fd, struct clinic_elf_layout *layout);
int clinic_elf_layout_of_image(uintptr_t bias, const void *headers,
			       size_t headers_count,
			       struct clinic_elf_layout *layout);

/* All of [offset, offset + size), or an error: -EIO when the file ends. */
int clinic_elf_read_at(int fd, void *to, uint64_t size, uint64_t offset);

#endif
