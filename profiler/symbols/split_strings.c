/* Copies the strings of one unit out of a package, offset by offset. */
#include "symbols/split_strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "symbols/section_stream.h"

#define OFFSETS_NAME ".debug_str_offsets.dwo"
#define TEXT_NAME    ".debug_str.dwo"
#define WINDOW_BYTES 65536

/*
 * Strings that are neighbours in a unit are mostly neighbours in the package.
 */
struct window {
	const struct clinic_elf *elf;
	const struct clinic_elf_section *section;
	uint64_t start, size;
	char bytes[WINDOW_BYTES];
};

static int fill(struct window *window, uint64_t offset)
{
	uint64_t left = window->section->size_bytes - offset;

	window->start = offset;
	window->size = left < WINDOW_BYTES ? left : WINDOW_BYTES;
	return clinic_elf_read(window->elf, window->bytes, window->size,
			       window->section->offset + offset);
}

/* The string at that offset; one that is longer than a window is cut. */
static int string_at(struct window *window, uint64_t offset, const char **text,
		     size_t *length)
{
	uint64_t end = window->start + window->size;
	int error = 0;

	if (offset >= window->section->size_bytes)
		return -EBADMSG;
	if (offset < window->start || offset >= end ||
	    !memchr(window->bytes + (offset - window->start), 0, end - offset))
		error = fill(window, offset);
	*text = window->bytes + (offset - window->start);
	*length = strnlen(*text, window->size - (offset - window->start));
	return error;
}

static int add_text(struct clinic_split_strings *strings, const char *text,
		    size_t length, uint64_t bytes_max)
{
	size_t wanted = strings->text.size + length + 1;
	void *grown;

	if (wanted > bytes_max)
		return -EFBIG;
	grown = clinic_grow_by(strings->text.bytes, strings->text.size,
			       length + 1, &strings->text_capacity, 1);
	if (!grown)
		return -ENOMEM;
	strings->text.bytes = grown;
	memcpy(strings->text.bytes + strings->text.size, text, length);
	strings->text.bytes[wanted - 1] = '\0';
	strings->text.size = wanted;
	return 0;
}

/* DWARF 5 has a header before the offsets: its length, version, padding. */
static size_t header_bytes(const struct clinic_elf_bytes *offsets,
			   bool has_header, size_t *entry_bytes)
{
	uint32_t length = 0;

	*entry_bytes = 4;
	if (!has_header || offsets->size < sizeof(length))
		return 0;
	memcpy(&length, offsets->bytes, sizeof(length));
	if (length != UINT32_MAX)
		return 8;
	*entry_bytes = 8;
	return 16;
}

static int copy_all(struct clinic_split_strings *strings, struct window *window,
		    bool has_header, uint64_t bytes_max)
{
	size_t entry_bytes;
	size_t at = header_bytes(&strings->offsets, has_header, &entry_bytes);
	int error = 0;

	for (; !error && at + entry_bytes <= strings->offsets.size;
	     at += entry_bytes) {
		uint64_t offset = 0, now_at = strings->text.size;
		const char *text;
		size_t length;

		memcpy(&offset, strings->offsets.bytes + at, entry_bytes);
		error = string_at(window, offset, &text, &length);
		if (!error)
			error = add_text(strings, text, length, bytes_max);
		memcpy(strings->offsets.bytes + at, &now_at, entry_bytes);
	}
	return error;
}

/* Describes memory as if it were the section of a file of its own. */
static void choose(struct clinic_section_choice *choice, const char *name,
		   const struct clinic_elf_bytes *bytes, struct clinic_elf *elf)
{
	*elf = (struct clinic_elf){
		.fd = -1, .memory = bytes->bytes, .size_bytes = bytes->size};
	*choice = (struct clinic_section_choice){
		.name = name,
		.elf = elf,
		.section = {.name = name,
			    .type = SHT_PROGBITS,
			    .file_bytes = bytes->size,
			    .size_bytes = bytes->size},
	};
}

static struct clinic_section_choice *
find_offsets(struct clinic_section_choices *choices)
{
	for (size_t i = 0; i < choices->count; i++)
		if (!strcmp(choices->list[i].name, OFFSETS_NAME))
			return &choices->list[i];
	return NULL;
}

static int extract(const struct clinic_elf *package,
		   const struct clinic_elf_section *text, bool has_header,
		   uint64_t bytes_max, struct clinic_split_strings *strings)
{
	struct window *window = calloc(1, sizeof(*window));
	int error;

	if (!window)
		return -ENOMEM;
	window->elf = package;
	window->section = text;
	error = copy_all(strings, window, has_header, bytes_max);
	free(window);
	return error;
}

int clinic_split_strings_extract(const struct clinic_elf *package,
				 bool has_header, uint64_t bytes_max,
				 struct clinic_section_choices *choices,
				 struct clinic_split_strings *strings)
{
	const struct clinic_elf_section *text =
		clinic_elf_section(package, TEXT_NAME);
	struct clinic_section_choice *offsets = find_offsets(choices);
	int error;

	*strings = (struct clinic_split_strings){0};
	if (!text || !offsets || choices->count == CLINIC_SECTION_CHOICES_MAX)
		return text && offsets ? -EBADMSG : 0;
	if (offsets->section.size_bytes > bytes_max)
		return -EFBIG;
	error = clinic_elf_read_section(package, &offsets->section,
					&strings->offsets);
	if (!error)
		error = extract(package, text, has_header, bytes_max, strings);
	if (error)
		return error;
	choose(offsets, OFFSETS_NAME, &strings->offsets, &strings->offsets_elf);
	choose(&choices->list[choices->count++], TEXT_NAME, &strings->text,
	       &strings->text_elf);
	return 0;
}

void clinic_split_strings_clear(struct clinic_split_strings *strings)
{
	free(strings->offsets.bytes);
	free(strings->text.bytes);
	*strings = (struct clinic_split_strings){0};
}
