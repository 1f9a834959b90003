/*
 * unwind/elf_layout.h - finds in an ELF binary what unwinding needs.
 *
 *	clinic_elf_layout_read(fd, &layout);           of a file
 *	clinic_elf_layout_of_image(bias, headers, n, &layout);   of memory
 *
 * Private to this room. A file is read by pread() and never mapped: if it is
 * cut short meanwhile, we get an error, and not SIGBUS. libelf is not used,
 * because this code is also linked into the library that is loaded into other
 * programs.
 *
 * Hostile    counts and sizes are checked against the file before they are
 *            used.
 * Errors     0 or -errno. -ENOEXEC: it is not an ELF program or library of this
 *            machine, or its headers are damaged; otherwise the error of
 *            pread().
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
	/* Only of a file with section headers. */
	struct clinic_elf_range eh_frame;
	struct clinic_elf_range debug_frame;
	struct clinic_elf_range init; /* code of .init and .fini */
	struct clinic_elf_range fini;
	/*
	 * .eh_frame_hdr, which is the search table, and the segment that
	 * contains it.
	 */
	struct clinic_elf_range eh_frame_index;
	struct clinic_elf_range eh_frame_segment;
};

int clinic_elf_layout_read(int fd, struct clinic_elf_layout *layout);
int clinic_elf_layout_of_image(uintptr_t bias, const void *headers,
			       size_t headers_count,
			       struct clinic_elf_layout *layout);

/*
 * Reads all of [offset, offset + size). Returns 0 or -errno; -EIO: the file
 * ends before.
 */
int clinic_elf_read_at(int fd, void *to, uint64_t size, uint64_t offset);

#endif
