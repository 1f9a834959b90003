/* symbols/dwarf_image.c - header, debug sections, names, section headers. */
#include "symbols/dwarf_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int fill(const struct clinic_elf *elf, const struct layout *layout,
		uint8_t *bytes)
{
	Elf64_Ehdr header = elf->header;
	size_t last = layout->headers_count - 1;

	/* The machine is the file's: libdw asks for it. */
	header.e_type = ET_EXEC;
	header.e_phoff = 0;
	header.e_phnum = 0;
	header.e_ehsize = sizeof(header);
	header.e_shoff = layout->end;
	header.e_shentsize = sizeof(Elf64_Shdr);
	header.e_shnum = (uint16_t)layout->headers_count;
	header.e_shstrndx = (uint16_t)last;
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + layout->headers[last].sh_offset, layout->names,
	       NAMES_BYTES);
	memcpy(bytes + layout->end, layout->headers,
	       layout->headers_count * sizeof(Elf64_Shdr));
	for (size_t i = 1; i < last; i++) {
		int error = clinic_elf_read_section_into(
			elf, layout->source[i],
			bytes + layout->headers[i].sh_offset);

		if (error)
			return error;
	}
	return 0;
}

int clinic_dwarf_image_open(const struct clinic_elf *elf, uint64_t bytes_max,
			    struct clinic_dwarf_image *image)
{
	struct layout layout;
	int error = plan(elf, bytes_max, &layout);

	*image = (struct clinic_dwarf_image){0};
	if (error)
		return error;
	image->size_bytes =
		layout.end + layout.headers_count * sizeof(Elf64_Shdr);
	image->bytes = malloc(image->size_bytes);
	if (!image->bytes)
		return -ENOMEM;
	error = fill(elf, &layout, image->bytes);
	if (error)
		goto out;
	elf_version(EV_CURRENT);
	image->elf = elf_memory((char *)image->bytes, image->size_bytes);
	if (image->elf)
		image->dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
	error = image->dwarf ? 0 : -EBADMSG;
out:
	if (error)
		clinic_dwarf_image_close(image);
	return error;
}

void clinic_dwarf_image_close(struct clinic_dwarf_image *image)
{
	dwarf_end(image->dwarf);
	elf_end(image->elf);
	free(image->bytes);
	*image = (struct clinic_dwarf_image){0};
}
