/* Changes the offset of DW_AT_dwo_name in a skeleton unit. */
#include "symbols/skeleton_name.h"

#include <dwarf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "foundation/byte_reader.h"
#include "symbols/dwarf_section.h"

/* The image, and the attribute whose text is to change. */
struct change {
	char *image;
	uint64_t image_bytes;
	Elf *elf;
	Dwarf_Die *skeleton;
	Dwarf_Attribute name;
	uint8_t offset_bytes;
};

static int put(const struct change *change, const uint8_t *where,
	       const void *bytes, size_t size)
{
	uint64_t at = (uint64_t)(where - (const uint8_t *)change->image);

	if (where < (const uint8_t *)change->image ||
	    at > change->image_bytes || size > change->image_bytes - at)
		return -EBADMSG;
	memcpy(change->image + at, bytes, size);
	return 0;
}

/* Writes the descriptor's path into the room at the end of that section. */
static int write_path(const struct change *change, const char *section, int fd,
		      uint64_t *offset)
{
	struct clinic_dwarf_section names =
		clinic_dwarf_section_of(change->elf, section, section);
	char path[CLINIC_SKELETON_NAME_BYTES] = "";

	if (names.size < sizeof(path))
		return -EBADMSG;
	*offset = names.size - sizeof(path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return put(change, names.bytes + *offset, path, sizeof(path));
}

static uint64_t number_of(const Dwarf_Attribute *attribute,
			  const struct change *change)
{
	const uint8_t *end =
		(const uint8_t *)change->image + change->image_bytes;
	struct byte_reader r = {attribute->valp, end, false};

	switch (attribute->form) {
	case DW_FORM_strx1:
		return read_unsigned(&r, 1);
	case DW_FORM_strx2:
		return read_unsigned(&r, 2);
	case DW_FORM_strx3:
		return read_unsigned(&r, 3);
	case DW_FORM_strx4:
		return read_unsigned(&r, 4);
	default:
		return read_uleb(&r);
	}
}

/* The name's row in .debug_str_offsets. */
static int find_row(const struct change *change, const uint8_t **row)
{
	struct clinic_dwarf_section offsets = clinic_dwarf_section_of(
		change->elf, ".debug_str_offsets", ".debug_str_offsets");
	uint64_t number = number_of(&change->name, change);
	Dwarf_Attribute attribute;
	Dwarf_Word base = 8;

	dwarf_formudata(dwarf_attr(change->skeleton, DW_AT_str_offsets_base,
				   &attribute),
			&base);
	if (base > offsets.size ||
	    number >= (offsets.size - base) / change->offset_bytes)
		return -EBADMSG;
	*row = offsets.bytes + base + number * change->offset_bytes;
	return 0;
}

static int lead_to(const struct change *change, const char *section, int fd,
		   const uint8_t *where)
{
	uint64_t offset;
	int error = write_path(change, section, fd, &offset);

	return error ? error
		     : put(change, where, &offset, change->offset_bytes);
}

static int lead_row(const struct change *change, int fd)
{
	const uint8_t *row;
	int error = find_row(change, &row);

	return error ? error : lead_to(change, ".debug_str", fd, row);
}

int clinic_skeleton_name_set(Elf *elf, char *image, uint64_t image_bytes,
			     Dwarf_Die *skeleton, int fd)
{
	struct change change = {image, image_bytes, elf, skeleton, {0}, 4};

	if ((!dwarf_attr(skeleton, DW_AT_dwo_name, &change.name) &&
	     !dwarf_attr(skeleton, DW_AT_GNU_dwo_name, &change.name)) ||
	    dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, NULL, NULL, NULL,
			  &change.offset_bytes))
		return -ENOENT;
	switch (change.name.form) {
	case DW_FORM_strp:
		return lead_to(&change, ".debug_str", fd, change.name.valp);
	case DW_FORM_line_strp:
		return lead_to(&change, ".debug_line_str", fd,
			       change.name.valp);
	case DW_FORM_strx:
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
		return lead_row(&change, fd);
	default:
		return -ENOTSUP;
	}
}
