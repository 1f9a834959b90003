/* Reads program and section headers from a file or from memory. */
#include "unwind/elf_layout.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/byte_reader.h"

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#else
enum { MACHINE = EM_AARCH64 };
#endif

enum {
	/*
	 * Linkers write a dozen headers. A file with more than this is no
	 * program.
	 */
	HEADERS_MAX = 256,
	SECTIONS_MAX = 1 << 16,
	SECTION_NAMES_BYTES_MAX = 1 << 20,
	NOTES_BYTES_MAX = 1 << 16
};

int clinic_elf_read_at(int fd, void *to, uint64_t size, uint64_t offset)
{
	uint8_t *at = to;

	if (offset > LONG_MAX || size > LONG_MAX - offset)
		return -ENOEXEC;
	while (size > 0) {
		ssize_t got = pread(fd, at, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		at += got;
		size -= (uint64_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

static void *read_array(int fd, uint64_t size, uint64_t offset, int *error)
{
	void *array = malloc(size ? size : 1);

	*error = array ? clinic_elf_read_at(fd, array, size, offset) : -ENOMEM;
	if (*error) {
		free(array);
		return NULL;
	}
	return array;
}

static bool is_program(const Elf64_Ehdr *elf)
{
	return memcmp(elf->e_ident, ELFMAG, SELFMAG) == 0 &&
	       elf->e_ident[EI_CLASS] == ELFCLASS64 &&
	       elf->e_ident[EI_DATA] == ELFDATA2LSB &&
	       (elf->e_type == ET_EXEC || elf->e_type == ET_DYN) &&
	       elf->e_machine == MACHINE &&
	       elf->e_phentsize == sizeof(Elf64_Phdr) &&
	       elf->e_phnum <= HEADERS_MAX;
}

static void add_segment(struct clinic_elf_layout *layout,
			const Elf64_Phdr *header)
{
	if (header->p_type != PT_LOAD)
		return;
	if (header->p_vaddr < layout->base)
		layout->base = header->p_vaddr;
	if (!(header->p_flags & PF_X) ||
	    layout->code_count == CLINIC_ELF_SEGMENTS_MAX)
		return;
	layout->code[layout->code_count++] = (struct clinic_elf_segment){
		.file_offset = header->p_offset,
		.file_size = header->p_filesz,
		.address = header->p_vaddr,
		.memory_size = header->p_memsz,
	};
}

static int add_segments(struct clinic_elf_layout *layout,
			const Elf64_Phdr *headers, size_t count)
{
	layout->base = UINT64_MAX;
	for (size_t i = 0; i < count; i++)
		add_segment(layout, &headers[i]);
	return layout->code_count ? 0 : -ENOEXEC;
}

static struct clinic_elf_range range_of(const Elf64_Phdr *header)
{
	return (struct clinic_elf_range){
		.file_offset = header->p_offset,
		.size = header->p_filesz,
		.address = header->p_vaddr,
	};
}

static void find_index(struct clinic_elf_layout *layout,
		       const Elf64_Phdr *headers, size_t count)
{
	struct clinic_elf_range *index = &layout->eh_frame_index;

	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_GNU_EH_FRAME)
			*index = range_of(&headers[i]);
	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_LOAD &&
		    index->address - headers[i].p_vaddr < headers[i].p_filesz)
			layout->eh_frame_segment = range_of(&headers[i]);
}

static uint64_t padded(uint32_t size)
{
	return ((uint64_t)size + 3) & ~UINT64_C(3);
}

/* A linker that aligns notes to 8 bytes does not pad the note of a build-id. */
static void find_build_id(struct clinic_elf_layout *layout,
			  const uint8_t *notes, size_t size)
{
	struct byte_reader r = {.at = notes, .end = notes + size};

	while (!r.failed && bytes_left(&r) > 0) {
		uint32_t name_size = (uint32_t)read_unsigned(&r, 4);
		uint32_t value_size = (uint32_t)read_unsigned(&r, 4);
		uint32_t type = (uint32_t)read_unsigned(&r, 4);
		const uint8_t *name = read_bytes(&r, padded(name_size));
		const uint8_t *value = read_bytes(&r, padded(value_size));

		if (!name || !value || type != NT_GNU_BUILD_ID ||
		    name_size != 4 || memcmp(name, "GNU", 4) != 0 ||
		    value_size > CLINIC_ELF_BUILD_ID_MAX)
			continue;
		layout->build_id_size = (uint8_t)value_size;
		memcpy(layout->build_id, value, value_size);
		return;
	}
}

static int read_notes(int fd, struct clinic_elf_layout *layout,
		      const Elf64_Phdr *header)
{
	uint8_t *notes;
	int error;

	if (header->p_type != PT_NOTE || layout->build_id_size ||
	    header->p_filesz > NOTES_BYTES_MAX)
		return 0;
	notes = read_array(fd, header->p_filesz, header->p_offset, &error);
	if (notes)
		find_build_id(layout, notes, header->p_filesz);
	free(notes);
	return error;
}

static int read_segments(int fd, const Elf64_Ehdr *elf,
			 struct clinic_elf_layout *layout)
{
	int error;
	Elf64_Phdr *headers = read_array(fd, elf->e_phnum * sizeof(*headers),
					 elf->e_phoff, &error);

	if (!headers)
		return error;
	error = add_segments(layout, headers, elf->e_phnum);
	find_index(layout, headers, elf->e_phnum);
	for (size_t i = 0; i < elf->e_phnum && !error; i++)
		error = read_notes(fd, layout, &headers[i]);
	free(headers);
	return error;
}

/* The sections of a file, with their names. */
struct sections {
	Elf64_Shdr *headers;
	size_t count;
	char *names; /* ends in NUL */
	uint64_t names_size;
};

static int read_names(int fd, size_t index, struct sections *sections)
{
	const Elf64_Shdr *section = &sections->headers[index];
	int error;

	if (index >= sections->count ||
	    section->sh_size > SECTION_NAMES_BYTES_MAX || !section->sh_size)
		return -ENOEXEC;
	sections->names_size = section->sh_size;
	sections->names =
		read_array(fd, section->sh_size, section->sh_offset, &error);
	if (sections->names)
		sections->names[section->sh_size - 1] = '\0';
	return error;
}

/* If the section headers were stripped, too, the count stays zero. */
static int read_sections(int fd, const Elf64_Ehdr *elf,
			 struct sections *sections)
{
	Elf64_Shdr first;
	int error = 0;

	if (elf->e_shoff == 0)
		return 0;
	if (elf->e_shentsize != sizeof(Elf64_Shdr))
		return -ENOEXEC;
	error = clinic_elf_read_at(fd, &first, sizeof(first), elf->e_shoff);
	if (error)
		return error;
	sections->count = elf->e_shnum ? elf->e_shnum : first.sh_size;
	if (sections->count > SECTIONS_MAX)
		return -ENOEXEC;
	sections->headers =
		read_array(fd, sections->count * sizeof(*sections->headers),
			   elf->e_shoff, &error);
	if (!sections->headers)
		return error;
	return read_names(fd,
			  elf->e_shstrndx == SHN_XINDEX ? first.sh_link
							: elf->e_shstrndx,
			  sections);
}

static void find_section(const struct sections *sections, const char *name,
			 struct clinic_elf_range *range)
{
	for (size_t i = 0; i < sections->count; i++) {
		const Elf64_Shdr *s = &sections->headers[i];

		if (s->sh_type == SHT_NOBITS || s->sh_flags & SHF_COMPRESSED ||
		    s->sh_name >= sections->names_size ||
		    strcmp(sections->names + s->sh_name, name) != 0)
			continue;
		range->file_offset = s->sh_offset;
		range->size = s->sh_size;
		range->address = s->sh_addr;
	}
}

int clinic_elf_layout_read(int fd, struct clinic_elf_layout *layout)
{
	struct sections sections = {0};
	Elf64_Ehdr elf;
	int error;

	*layout = (struct clinic_elf_layout){0};
	error = clinic_elf_read_at(fd, &elf, sizeof(elf), 0);
	if (error)
		return error == -EIO ? -ENOEXEC : error;
	if (!is_program(&elf))
		return -ENOEXEC;
	layout->entry = elf.e_entry;
	error = read_segments(fd, &elf, layout);
	if (!error)
		error = read_sections(fd, &elf, &sections);
	if (!error) {
		find_section(&sections, ".eh_frame", &layout->eh_frame);
		find_section(&sections, ".debug_frame", &layout->debug_frame);
		find_section(&sections, ".init", &layout->init);
		find_section(&sections, ".fini", &layout->fini);
	}
	free(sections.names);
	free(sections.headers);
	return error;
}

int clinic_elf_layout_of_image(uintptr_t bias, const void *headers,
			       size_t headers_count,
			       struct clinic_elf_layout *layout)
{
	const Elf64_Phdr *header = headers;
	int error;

	*layout = (struct clinic_elf_layout){0};
	error = add_segments(layout, header, headers_count);
	if (error)
		return error;
	find_index(layout, header, headers_count);
	for (size_t i = 0; i < headers_count; i++)
		if (header[i].p_type == PT_NOTE && !layout->build_id_size)
			find_build_id(
				layout,
				(const uint8_t *)(bias + header[i].p_vaddr),
				header[i].p_memsz);
	return 0;
}
