/* Reads the index of a package of split units, and checks each step. */
#include "symbols/dwo_package.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "foundation/byte_reader.h"
#include "symbols/section_stream.h"

#define INDEX_NAME   ".debug_cu_index"
#define HEADER_BYTES 16
#define COLUMNS_MAX  32

/* The sections that hold names, and their numbers in the index. */
static const struct {
	const char *name;
	uint32_t number_2; /* in version 2 */
	uint32_t number_5;
} parts[] = {
	{".debug_info.dwo", 1, 1},     {".debug_abbrev.dwo", 3, 3},
	{".debug_line.dwo", 4, 4},     {".debug_str_offsets.dwo", 6, 6},
	{".debug_rnglists.dwo", 0, 8},
};

#define PARTS_COUNT (sizeof(parts) / sizeof(*parts))

/*
 * Reads the number at an offset in the index; outside of it, the number is 0.
 */
static uint64_t number_at(const struct clinic_dwo_package *package,
			  uint64_t offset, size_t size)
{
	struct byte_reader r = {package->index.bytes,
				package->index.bytes + package->index.size,
				false};

	skip_bytes(&r, offset);
	return read_unsigned(&r, size);
}

static uint64_t rows_at(const struct clinic_dwo_package *package)
{
	return HEADER_BYTES + package->slots_count * UINT64_C(8);
}

static uint64_t columns_at(const struct clinic_dwo_package *package)
{
	return rows_at(package) + package->slots_count * UINT64_C(4);
}

/* The number in that column of offsets (row 0 is the head of the table). */
static uint64_t cell_at(uint64_t row, uint64_t column,
			const struct clinic_dwo_package *package)
{
	return columns_at(package) +
	       4 * (row * package->columns_count + column);
}

static int check_index(struct clinic_dwo_package *package)
{
	uint64_t rows;

	package->version = (uint32_t)number_at(package, 0, 2);
	package->columns_count = (uint32_t)number_at(package, 4, 4);
	package->units_count = (uint32_t)number_at(package, 8, 4);
	package->slots_count = (uint32_t)number_at(package, 12, 4);
	if (package->version != 2 && package->version != 5)
		return -ENOTSUP;
	/* A row of numbers, one of offsets and one of sizes for each unit. */
	rows = 1 + 2 * (uint64_t)package->units_count;
	if (package->slots_count & (package->slots_count - 1) ||
	    package->columns_count > COLUMNS_MAX ||
	    cell_at(rows, 0, package) > package->index.size)
		return -EBADMSG;
	return 0;
}

static bool is_packed(const struct clinic_elf *elf)
{
	for (size_t i = 0; i < elf->sections_count; i++)
		if (elf->sections[i].packing != CLINIC_ELF_PLAIN)
			return true;
	return false;
}

/*
 * A part lies in the middle of a section, so the section must be unpacked
 * first.
 */
static int unpack(struct clinic_elf **elf, uint64_t bytes_max)
{
	struct clinic_section_choices choices = {0};
	struct clinic_elf *unpacked;
	uint64_t size_bytes;
	int fd, error;

	for (size_t i = 0; i < PARTS_COUNT; i++)
		clinic_section_choices_add(&choices, *elf, parts[i].name, 0);
	clinic_section_choices_add(&choices, *elf, ".debug_str.dwo", 0);
	clinic_section_choices_add(&choices, *elf, INDEX_NAME, 0);
	fd = clinic_section_file_write(&choices, &(*elf)->header, bytes_max,
				       &size_bytes);
	if (fd < 0)
		return fd;
	error = clinic_elf_open(fd, &unpacked);
	close(fd);
	if (error)
		return error;
	clinic_elf_close(*elf);
	*elf = unpacked;
	return 0;
}

static int read_index(struct clinic_dwo_package *package, uint64_t bytes_max)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(package->elf, INDEX_NAME);
	int error;

	if (!section)
		return -ENOEXEC;
	if (section->size_bytes > bytes_max)
		return -EFBIG;
	error = clinic_elf_read_section(package->elf, section, &package->index);
	return error ? error : check_index(package);
}

int clinic_dwo_package_open(int fd, uint64_t bytes_max,
			    struct clinic_dwo_package *package)
{
	int error;

	*package = (struct clinic_dwo_package){0};
	error = clinic_elf_open(fd, &package->elf);
	if (!error && is_packed(package->elf))
		error = unpack(&package->elf, bytes_max);
	if (!error)
		error = read_index(package, bytes_max);
	if (error)
		clinic_dwo_package_close(package);
	return error;
}

void clinic_dwo_package_close(struct clinic_dwo_package *package)
{
	clinic_elf_close(package->elf);
	free(package->index.bytes);
	*package = (struct clinic_dwo_package){0};
}

/* The unit's row, from 1 on; 0: it has none. */
static uint64_t find_row(const struct clinic_dwo_package *package, uint64_t id)
{
	uint64_t mask = package->slots_count - UINT64_C(1);
	uint64_t step = ((id >> 32) & mask) | 1;
	uint64_t slot = id & mask;

	for (uint32_t tried = 0; tried < package->slots_count; tried++) {
		uint64_t row =
			number_at(package, rows_at(package) + 4 * slot, 4);

		if (!row)
			break;
		if (number_at(package, HEADER_BYTES + 8 * slot, 8) == id)
			return row <= package->units_count ? row : 0;
		slot = (slot + step) & mask;
	}
	return 0;
}

static int add_part(const struct clinic_dwo_package *package, const char *name,
		    uint64_t offset, uint64_t size,
		    struct clinic_section_choices *choices)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(package->elf, name);
	struct clinic_section_choice choice = {.name = name,
					       .elf = package->elf};

	if (!section || !size)
		return 0;
	if (offset > section->size_bytes ||
	    size > section->size_bytes - offset ||
	    choices->count == CLINIC_SECTION_CHOICES_MAX)
		return -EBADMSG;
	choice.section = *section;
	choice.section.offset += offset;
	choice.section.file_bytes = choice.section.size_bytes = size;
	choices->list[choices->count++] = choice;
	return 0;
}

static const char *part_name(const struct clinic_dwo_package *package,
			     uint64_t number)
{
	for (size_t i = 0; i < PARTS_COUNT; i++)
		if (number == (package->version == 2 ? parts[i].number_2
						     : parts[i].number_5))
			return parts[i].name;
	return NULL;
}

int clinic_dwo_package_find(const struct clinic_dwo_package *package,
			    uint64_t unit_id,
			    struct clinic_section_choices *choices)
{
	uint64_t row = package->slots_count ? find_row(package, unit_id) : 0;
	int error = row ? 0 : -ENOENT;

	for (uint32_t i = 0; !error && i < package->columns_count; i++) {
		uint64_t size_row = row + package->units_count;
		const char *name = part_name(
			package, number_at(package, cell_at(0, i, package), 4));

		if (name)
			error = add_part(
				package, name,
				number_at(package, cell_at(row, i, package), 4),
				number_at(package,
					  cell_at(size_row, i, package), 4),
				choices);
	}
	return error;
}
