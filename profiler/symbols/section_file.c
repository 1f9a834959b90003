/* Writes an ELF file of chosen sections: header, sections, names, headers. */
#include "symbols/section_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "symbols/section_stream.h"
#include "symbols/temporary_file.h"

#define HEADERS_MAX (CLINIC_SECTION_CHOICES_MAX + 2) /* null, .shstrtab */
#define NAMES_BYTES 512

struct layout {
	Elf64_Shdr headers[HEADERS_MAX];
	size_t headers_count;
	char names[NAMES_BYTES];
	size_t names_bytes;
	uint64_t end; /* of what was placed so far */
};

static void place(struct layout *layout, const char *name, uint32_t type,
		  uint64_t size)
{
	size_t name_bytes = strlen(name) + 1;

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

/*
 * Returns -EFBIG as soon as the sum is too large, because sizes near 2^64 would
 * overflow it.
 */
static int plan(const struct clinic_section_choices *choices,
		uint64_t bytes_max, struct layout *layout)
{
	*layout = (struct layout){.end = sizeof(Elf64_Ehdr)};
	place(layout, "", SHT_NULL, 0);
	layout->headers[0] = (Elf64_Shdr){0};
	for (size_t i = 0; i < choices->count; i++) {
		const struct clinic_section_choice *choice = &choices->list[i];
		uint64_t size = choice->section.size_bytes;

		if (size > bytes_max || layout->end > bytes_max - size)
			return -EFBIG;
		place(layout, choice->name, SHT_PROGBITS,
		      size + choice->room_bytes);
	}
	if (layout->headers_count == 1)
		return -ENODATA;
	place(layout, ".shstrtab", SHT_STRTAB, NAMES_BYTES);
	return 0;
}

struct writing {
	int fd;
	uint64_t at;
};

/* A clinic_section_on_bytes. */
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

static int write_headers(const Elf64_Ehdr *like, const struct layout *layout,
			 int fd)
{
	Elf64_Ehdr header = *like;
	size_t last = layout->headers_count - 1;
	int error;

	/* libdw needs the machine of the file. */
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

static int write_all(const struct clinic_section_choices *choices,
		     const Elf64_Ehdr *like, const struct layout *layout,
		     int fd)
{
	int error = fd < 0 ? fd : write_headers(like, layout, fd);

	for (size_t i = 0; !error && i < choices->count; i++) {
		const struct clinic_section_choice *choice = &choices->list[i];
		struct writing writing = {fd, layout->headers[i + 1].sh_offset};

		error = clinic_section_stream(choice->elf, &choice->section,
					      write_on, &writing);
	}
	return error;
}

void clinic_section_choices_add(struct clinic_section_choices *choices,
				const struct clinic_elf *elf, const char *name,
				uint64_t room_bytes)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(elf, name);

	if (section && choices->count < CLINIC_SECTION_CHOICES_MAX)
		choices->list[choices->count++] =
			(struct clinic_section_choice){name, elf, *section,
						       room_bytes};
}

int clinic_section_file_write(const struct clinic_section_choices *choices,
			      const Elf64_Ehdr *like, uint64_t bytes_max,
			      uint64_t *size_bytes)
{
	struct layout layout;
	int error = plan(choices, bytes_max, &layout);
	int fd;

	if (error)
		return error;
	*size_bytes = layout.end + layout.headers_count * sizeof(Elf64_Shdr);
	fd = clinic_temporary_file_on_disk();
	error = write_all(choices, like, &layout, fd);
	if (error && error != -EBADMSG && error != -ENODATA) {
		if (fd >= 0)
			close(fd);
		fd = clinic_temporary_file_in_memory();
		error = write_all(choices, like, &layout, fd);
	}
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}
