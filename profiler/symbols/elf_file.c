/* Reads the headers and sections of an ELF file, checked against its size. */
#include "symbols/elf_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Debug sections reach 10:1, and deflate cannot compress better than 1032:1. A
 * section that claims more than INFLATE_RATIO_MAX is an attack and not debug
 * information.
 */
#define INFLATE_RATIO_MAX 64
#define ZSTD_RATIO_MAX    1024 /* zstd stores repeats in very few bytes */

#define COMPRESSED_BY_ZSTD 2 /* ELFCOMPRESS_ZSTD of later elf.h */
#define OLD_PREFIX         ".zdebug_"

/* Linkers write a dozen segments. Each address is compared with all of them. */
#define SEGMENTS_MAX    4096
#define NOTES_BYTES_MAX (1 << 20)

static bool is_inside(const struct clinic_elf *elf, uint64_t offset,
		      uint64_t size)
{
	return offset <= elf->size_bytes && size <= elf->size_bytes - offset;
}

static int read_file(int fd, uint8_t *bytes, uint64_t size, uint64_t offset)
{
	while (size) {
		ssize_t got = pread(fd, bytes, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EBADMSG; /* the file was cut since it was
					  * opened */
		bytes += got;
		offset += (uint64_t)got;
		size -= (uint64_t)got;
	}
	return 0;
}

int clinic_elf_read(const struct clinic_elf *elf, void *bytes, uint64_t size,
		    uint64_t offset)
{
	if (!is_inside(elf, offset, size))
		return -EBADMSG;
	if (elf->fd >= 0)
		return read_file(elf->fd, bytes, size, offset);
	memcpy(bytes, elf->memory + offset, size);
	return 0;
}

/* One byte more than requested is allocated, and it is NUL. */
static int read_new(const struct clinic_elf *elf, uint64_t size,
		    uint64_t offset, uint8_t **bytes)
{
	int error;

	if (!is_inside(elf, offset, size))
		return -EBADMSG;
	*bytes = malloc(size + 1);
	if (!*bytes)
		return -ENOMEM;
	(*bytes)[size] = '\0';
	error = clinic_elf_read(elf, *bytes, size, offset);
	if (error) {
		free(*bytes);
		*bytes = NULL;
	}
	return error;
}

static size_t row_bytes(const struct clinic_elf *elf,
			const struct clinic_elf_shape *shape)
{
	return elf->is_narrow ? shape->narrow_bytes : shape->wide_bytes;
}

int clinic_elf_read_row(const struct clinic_elf *elf,
			const struct clinic_elf_shape *shape, void *row,
			uint64_t offset)
{
	uint64_t narrow[CLINIC_ELF_ROW_BYTES_MAX / sizeof(uint64_t)];
	int error;

	if (!elf->is_narrow)
		return clinic_elf_read(elf, row, shape->wide_bytes, offset);
	error = clinic_elf_read(elf, narrow, shape->narrow_bytes, offset);
	if (!error)
		shape->widen(narrow, row);
	return error;
}

static int read_rows(const struct clinic_elf *elf,
		     const struct clinic_elf_shape *shape, uint64_t count,
		     uint64_t offset, uint8_t **rows)
{
	uint8_t *narrow;
	int error = read_new(elf, count * row_bytes(elf, shape), offset, rows);

	if (error || !elf->is_narrow)
		return error;
	narrow = *rows;
	*rows = calloc(count + 1, shape->wide_bytes);
	for (uint64_t i = 0; *rows && i < count; i++)
		shape->widen(narrow + i * shape->narrow_bytes,
			     *rows + i * shape->wide_bytes);
	free(narrow);
	return *rows ? 0 : -ENOMEM;
}

static int read_header(struct clinic_elf *elf)
{
	uint8_t ident[EI_NIDENT];

	if (clinic_elf_read(elf, ident, sizeof(ident), 0) ||
	    memcmp(ident, ELFMAG, SELFMAG) || ident[EI_DATA] != ELFDATA2LSB ||
	    (ident[EI_CLASS] != ELFCLASS64 && ident[EI_CLASS] != ELFCLASS32))
		return -ENOEXEC;
	elf->is_narrow = ident[EI_CLASS] == ELFCLASS32;
	return clinic_elf_read_row(elf, &clinic_elf_header_shape, &elf->header,
				   0)
		       ? -ENOEXEC
		       : 0;
}

static int read_segments(struct clinic_elf *elf)
{
	size_t count = elf->header.e_phnum;
	uint8_t *bytes;
	int error;

	if (!count)
		return 0;
	if (count > SEGMENTS_MAX ||
	    elf->header.e_phentsize != sizeof(Elf64_Phdr))
		return -EBADMSG;
	error = read_rows(elf, &clinic_elf_segment_shape, count,
			  elf->header.e_phoff, &bytes);
	if (error)
		return error;
	elf->segments = (Elf64_Phdr *)(void *)bytes;
	elf->segments_count = count;
	return 0;
}

/* Files with 65280 sections and more keep the count in section 0. */
static int count_sections(const struct clinic_elf *elf, uint64_t *count,
			  uint64_t *names)
{
	Elf64_Shdr first;
	int error;

	*count = elf->header.e_shnum;
	*names = elf->header.e_shstrndx;
	if (!elf->header.e_shoff)
		*count = 0;
	else if (elf->header.e_shentsize != sizeof(Elf64_Shdr))
		return -EBADMSG;
	if (!elf->header.e_shoff || (*count && *names != SHN_XINDEX))
		return 0;
	error = clinic_elf_read_row(elf, &clinic_elf_section_shape, &first,
				    elf->header.e_shoff);
	if (error)
		return error;
	if (!*count)
		*count = first.sh_size;
	if (*names == SHN_XINDEX)
		*names = first.sh_link;
	return 0;
}

static int check_packing(struct clinic_elf_section *section,
			 uint64_t size_bytes, uint64_t ratio_max)
{
	if (size_bytes / ratio_max > section->file_bytes)
		return -EFBIG;
	section->size_bytes = size_bytes;
	return 0;
}

/* Reads the header of a compressed section. */
static int read_packing(const struct clinic_elf *elf,
			struct clinic_elf_section *section)
{
	Elf64_Chdr header;
	int error;

	section->header_bytes =
		(uint32_t)row_bytes(elf, &clinic_elf_packing_shape);
	if (section->file_bytes < section->header_bytes)
		return -EBADMSG;
	error = clinic_elf_read_row(elf, &clinic_elf_packing_shape, &header,
				    section->offset);
	if (error)
		return error;
	section->packing = header.ch_type == ELFCOMPRESS_ZLIB ? CLINIC_ELF_ZLIB
							      : CLINIC_ELF_ZSTD;
	if (header.ch_type != ELFCOMPRESS_ZLIB &&
	    header.ch_type != COMPRESSED_BY_ZSTD)
		return -ENOTSUP;
	return check_packing(section, header.ch_size,
			     header.ch_type == ELFCOMPRESS_ZLIB
				     ? INFLATE_RATIO_MAX
				     : ZSTD_RATIO_MAX);
}

/*
 * Reads the form that gcc and binutils wrote before ELF had a flag for it:
 * ".zdebug_info" contains "ZLIB", eight bytes of size, the highest first, and
 * what is packed.
 */
static int read_old_packing(const struct clinic_elf *elf,
			    struct clinic_elf_section *section)
{
	uint8_t header[12];
	uint64_t size_bytes;
	int error = -EBADMSG;

	if (section->file_bytes >= sizeof(header))
		error = clinic_elf_read(elf, header, sizeof(header),
					section->offset);
	if (error || memcmp(header, "ZLIB", 4))
		return error ? error : -EBADMSG;
	memcpy(&size_bytes, header + 4, sizeof(size_bytes));
	section->header_bytes = sizeof(header);
	section->packing = CLINIC_ELF_ZLIB;
	return check_packing(section, be64toh(size_bytes), INFLATE_RATIO_MAX);
}

static bool has_old_packing(const struct clinic_elf_section *section)
{
	return !strncmp(section->name, OLD_PREFIX, strlen(OLD_PREFIX));
}

static int read_any_packing(const struct clinic_elf *elf,
			    struct clinic_elf_section *section)
{
	if (section->flags & SHF_COMPRESSED)
		return read_packing(elf, section);
	return has_old_packing(section) ? read_old_packing(elf, section) : 0;
}

/* A section that lies outside the file is kept as a section without bytes. */
static void describe_section(const struct clinic_elf *elf,
			     const Elf64_Shdr *header, uint64_t names_bytes,
			     struct clinic_elf_section *section)
{
	bool is_here = header->sh_type != SHT_NOBITS &&
		       is_inside(elf, header->sh_offset, header->sh_size);

	*section = (struct clinic_elf_section){
		.name = header->sh_name < names_bytes
				? elf->section_names + header->sh_name
				: "",
		.type = is_here ? header->sh_type : SHT_NOBITS,
		.link = header->sh_link,
		.flags = header->sh_flags,
		.address = header->sh_addr,
		.offset = header->sh_offset,
		.file_bytes = is_here ? header->sh_size : 0,
		.size_bytes = header->sh_size,
		.entry_bytes = header->sh_entsize,
	};
	if (is_here && read_any_packing(elf, section)) {
		section->type = SHT_NOBITS;
		section->file_bytes = 0;
	}
}

static int read_section_names(struct clinic_elf *elf, const Elf64_Shdr *headers,
			      uint64_t count, uint64_t names,
			      uint64_t *names_bytes)
{
	uint8_t *bytes;
	int error;

	*names_bytes = 0;
	if (names >= count || headers[names].sh_type != SHT_STRTAB)
		return 0;
	error = read_new(elf, headers[names].sh_size, headers[names].sh_offset,
			 &bytes);
	if (error)
		return error;
	elf->section_names = (char *)bytes;
	*names_bytes = headers[names].sh_size;
	return 0;
}

static int read_sections(struct clinic_elf *elf)
{
	uint64_t count, names, names_bytes;
	uint8_t *bytes = NULL;
	const Elf64_Shdr *headers;
	int error = count_sections(elf, &count, &names);

	if (error || !count)
		return error;
	if (count > elf->size_bytes / row_bytes(elf, &clinic_elf_section_shape))
		return -EBADMSG;
	error = read_rows(elf, &clinic_elf_section_shape, count,
			  elf->header.e_shoff, &bytes);
	if (error)
		return error;
	headers = (const Elf64_Shdr *)(const void *)bytes;
	error = read_section_names(elf, headers, count, names, &names_bytes);
	if (error)
		goto out;
	elf->sections = calloc(count, sizeof(*elf->sections));
	if (!elf->sections) {
		error = -ENOMEM;
		goto out;
	}
	elf->sections_count = count;
	for (size_t i = 0; i < count; i++)
		describe_section(elf, &headers[i], names_bytes,
				 &elf->sections[i]);
out:
	free(bytes);
	return error;
}

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

/*
 * Finds the build-id among notes. A build-id that is longer than the kernel
 * accepts counts as missing, as it does for the kernel.
 */
static bool find_build_id(const uint8_t *notes, uint64_t size,
			  uint64_t alignment, struct clinic_build_id *build_id)
{
	uint64_t at = 0;

	while (size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		uint64_t name, value;

		memcpy(&note, notes + at, sizeof(note));
		name = at + sizeof(note);
		value = align_up(name + note.n_namesz, alignment);
		at = align_up(value + note.n_descsz, alignment);
		if (value + note.n_descsz > size)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4) && note.n_descsz &&
		    note.n_descsz <= CLINIC_BUILD_ID_MAX) {
			build_id->size = (uint8_t)note.n_descsz;
			memcpy(build_id->bytes, notes + value, note.n_descsz);
			return true;
		}
		if (at > size)
			return false;
	}
	return false;
}

static bool read_notes(struct clinic_elf *elf, uint64_t offset, uint64_t size,
		       uint64_t alignment)
{
	uint8_t *notes;
	bool found;

	if (size > NOTES_BYTES_MAX || read_new(elf, size, offset, &notes))
		return false;
	found = find_build_id(notes, size, alignment == 8 ? 8 : 4,
			      &elf->build_id);
	free(notes);
	return found;
}

/*
 * Sections are read first, because the segments of a debug file are empty.
 * Segments are read when the section headers were stripped.
 */
static void read_build_id(struct clinic_elf *elf)
{
	for (size_t i = 0; i < elf->sections_count; i++) {
		const struct clinic_elf_section *s = &elf->sections[i];

		if (s->type == SHT_NOTE &&
		    read_notes(elf, s->offset, s->file_bytes, 4))
			return;
	}
	for (size_t i = 0; i < elf->segments_count; i++) {
		const Elf64_Phdr *p = &elf->segments[i];

		if (p->p_type == PT_NOTE &&
		    read_notes(elf, p->p_offset, p->p_filesz, p->p_align))
			return;
	}
}

static int read_all_headers(struct clinic_elf *elf)
{
	int error = read_header(elf);

	if (!error)
		error = read_segments(elf);
	if (!error)
		error = read_sections(elf);
	if (!error)
		read_build_id(elf);
	return error;
}

static int new_elf(int fd, const void *memory, uint64_t size_bytes,
		   struct clinic_elf **elf)
{
	struct clinic_elf *made = calloc(1, sizeof(*made));
	int error;

	if (!made)
		return -ENOMEM;
	made->fd = fd;
	made->memory = memory;
	made->size_bytes = size_bytes;
	error = read_all_headers(made);
	if (error) {
		made->fd = -1; /* the caller's until we succeed */
		clinic_elf_close(made);
		return error;
	}
	*elf = made;
	return 0;
}

int clinic_elf_open(int fd, struct clinic_elf **elf)
{
	struct stat status;
	int own, error;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENOEXEC;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return -errno;
	error = new_elf(own, NULL, (uint64_t)status.st_size, elf);
	if (error)
		close(own);
	return error;
}

int clinic_elf_open_memory(const void *memory, size_t size_bytes,
			   struct clinic_elf **elf)
{
	return new_elf(-1, memory, size_bytes, elf);
}

void clinic_elf_close(struct clinic_elf *elf)
{
	if (!elf)
		return;
	if (elf->fd >= 0)
		close(elf->fd);
	free(elf->sections);
	free(elf->segments);
	free(elf->section_names);
	free(elf);
}

static bool is_named(const struct clinic_elf_section *section, const char *name)
{
	if (!strcmp(section->name, name))
		return true;
	/* ".zdebug_info" is found by ".debug_info". */
	return has_old_packing(section) && *name == '.' &&
	       !strcmp(section->name + 2, name + 1);
}

const struct clinic_elf_section *
clinic_elf_section(const struct clinic_elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->sections_count; i++) {
		const struct clinic_elf_section *section = &elf->sections[i];

		if (section->type != SHT_NOBITS && is_named(section, name))
			return section;
	}
	return NULL;
}

int clinic_elf_read_segment(const struct clinic_elf *elf, uint32_t type,
			    struct clinic_elf_bytes *bytes, uint64_t *address)
{
	for (size_t i = 0; i < elf->segments_count; i++) {
		const Elf64_Phdr *p = &elf->segments[i];

		if (p->p_type != type)
			continue;
		bytes->size = p->p_filesz;
		*address = p->p_vaddr;
		return read_new(elf, p->p_filesz, p->p_offset, &bytes->bytes);
	}
	return -ENODATA;
}

int clinic_elf_address(const struct clinic_elf *elf, uint64_t file_offset,
		       uint64_t *address)
{
	int error = -ERANGE;

	/* Segments may share a page of the file: the executable one wins. */
	for (size_t i = 0; i < elf->segments_count; i++) {
		const Elf64_Phdr *p = &elf->segments[i];

		if (p->p_type != PT_LOAD || file_offset < p->p_offset ||
		    file_offset - p->p_offset >= p->p_filesz)
			continue;
		*address = file_offset - p->p_offset + p->p_vaddr;
		error = 0;
		if (p->p_flags & PF_X)
			break;
	}
	return error;
}

bool clinic_elf_is_code(const struct clinic_elf *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->segments_count; i++) {
		const Elf64_Phdr *p = &elf->segments[i];

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X) &&
		    address >= p->p_vaddr && address - p->p_vaddr < p->p_memsz)
			return true;
	}
	return false;
}
