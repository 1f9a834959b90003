/* symbols/dwarf_image.c - header, debug sections, names, section headers. */
#include "symbols/dwarf_image.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/section_stream.h"
#include "symbols/temporary_file.h"

/* What function names, inlined calls and lines are made of. */
static const char *const wanted[] = {
	".debug_info",        ".debug_abbrev", ".debug_str",      ".debug_line",
	".debug_line_str",    ".debug_ranges", ".debug_rnglists", ".debug_addr",
	".debug_str_offsets", ".debug_types",
};

#define WANTED_COUNT (sizeof(wanted) / sizeof(*wanted))
#define HEADERS_MAX  (WANTED_COUNT + 2) /* a null one and .shstrtab */
#define NAMES_BYTES  256

struct layout {
	const struct clinic_elf_section *source[HEADERS_MAX];
	Elf64_Shdr headers[HEADERS_MAX];
	size_t headers_count;
	char names[NAMES_BYTES];
	size_t names_bytes;
	uint64_t end; /* of what was placed so far */
};

static void place(struct layout *layout, const char *name, uint32_t type,
		  const struct clinic_elf_section *source, uint64_t size)
{
	size_t name_bytes = strlen(name) + 1;

	layout->source[layout->headers_count] = source;
	layout->headers[layout->headers_count++] = (Elf64_Shdr){
		.sh_name = (uint32_t)layout->names_bytes,
		.sh_type = type,
		.sh_offset = layout->end,
		.sh_size = size,
		.sh_addralign = 1,
	};
	memcpy(layout->names + layout->names_bytes, name, name_bytes);
	layout->names_bytes += name_bytes;
	layout->end = (layout->end + size + 7) & ~UINT64_C(7);
}

/* -EFBIG as soon as it is too much: sizes that claim 2^64 must not add up. */
static int plan(const struct clinic_elf *elf, uint64_t bytes_max,
		struct layout *layout)
{
	*layout = (struct layout){.end = sizeof(Elf64_Ehdr)};
	place(layout, "", SHT_NULL, NULL, 0);
	layout->headers[0] = (Elf64_Shdr){0};
	for (size_t i = 0; i < WANTED_COUNT; i++) {
		const struct clinic_elf_section *section =
			clinic_elf_section(elf, wanted[i]);

		if (!section)
			continue;
		if (section->size_bytes > bytes_max ||
		    layout->end > bytes_max - section->size_bytes)
			return -EFBIG;
		place(layout, wanted[i], SHT_PROGBITS, section,
		      section->size_bytes);
	}
	if (layout->headers_count == 1)
		return -ENODATA;
	place(layout, ".shstrtab", SHT_STRTAB, NULL, NAMES_BYTES);
	return 0;
}

struct writing {
	int fd;
	uint64_t at;
};

/* A clinic_section_take. */
static int write_on(void *context, const uint8_t *bytes, size_t size)
{
	struct writing *writing = context;

	while (size) {
		ssize_t put =
			pwrite(writing->fd, bytes, size, (off_t)writing->at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put ? -errno : -ENOSPC;
		bytes += put;
		size -= (size_t)put;
		writing->at += (uint64_t)put;
	}
	return 0;
}

static int write_at(int fd, uint64_t at, const void *bytes, size_t size)
{
	struct writing writing = {fd, at};

	return write_on(&writing, bytes, size);
}

static int write_headers(const struct clinic_elf *elf,
			 const struct layout *layout, int fd)
{
	Elf64_Ehdr header = elf->header;
	size_t last = layout->headers_count - 1;
	int error;

	/* The machine is the file's: libdw asks for it. */
	header.e_type = ET_EXEC;
	header.e_phoff = 0;
	header.e_phnum = 0;
	header.e_ehsize = sizeof(header);
	header.e_shoff = layout->end;
	header.e_shentsize = sizeof(Elf64_Shdr);
	header.e_shnum = (uint16_t)layout->headers_count;
	header.e_shstrndx = (uint16_t)last;
	error = write_at(fd, 0, &header, sizeof(header));
	if (!error)
		error = write_at(fd, layout->headers[last].sh_offset,
				 layout->names, NAMES_BYTES);
	if (!error)
		error = write_at(fd, layout->end, layout->headers,
				 layout->headers_count * sizeof(Elf64_Shdr));
	return error;
}

static int write_image(const struct clinic_elf *elf,
		       const struct layout *layout, int fd)
{
	int error = fd < 0 ? fd : write_headers(elf, layout, fd);

	for (size_t i = 1; !error && i < layout->headers_count - 1; i++) {
		struct writing writing = {fd, layout->headers[i].sh_offset};

		error = clinic_section_stream(elf, layout->source[i], write_on,
					      &writing);
	}
	return error;
}

/* The file of the image, or -errno. */
static int make_file(const struct clinic_elf *elf, const struct layout *layout)
{
	int fd = clinic_temporary_file_on_disk();
	int error = write_image(elf, layout, fd);

	if (error && error != -EBADMSG && error != -ENODATA) {
		if (fd >= 0)
			close(fd);
		fd = clinic_temporary_file_in_memory();
		error = write_image(elf, layout, fd);
	}
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

static int map_file(const struct clinic_elf *elf, const struct layout *layout,
		    struct clinic_dwarf_image *image)
{
	int fd = make_file(elf, layout);
	void *bytes;

	if (fd < 0)
		return fd;
	image->size_bytes =
		layout->end + layout->headers_count * sizeof(Elf64_Shdr);
	bytes = mmap(NULL, image->size_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return -ENOMEM;
	image->bytes = bytes;
	return 0;
}

int clinic_dwarf_image_open(const struct clinic_elf *elf, uint64_t bytes_max,
			    struct clinic_dwarf_image *image)
{
	struct layout layout;
	int error = plan(elf, bytes_max, &layout);

	*image = (struct clinic_dwarf_image){0};
	if (!error)
		error = map_file(elf, &layout, image);
	if (error)
		return error;
	elf_version(EV_CURRENT);
	image->elf = elf_memory(image->bytes, image->size_bytes);
	if (image->elf)
		image->dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
	if (!image->dwarf) {
		clinic_dwarf_image_close(image);
		return -EBADMSG;
	}
	return 0;
}

void clinic_dwarf_image_release(const struct clinic_dwarf_image *image)
{
	if (image->bytes)
		madvise(image->bytes, image->size_bytes, MADV_DONTNEED);
}

void clinic_dwarf_image_close(struct clinic_dwarf_image *image)
{
	dwarf_end(image->dwarf);
	elf_end(image->elf);
	if (image->bytes)
		munmap(image->bytes, image->size_bytes);
	*image = (struct clinic_dwarf_image){0};
}
