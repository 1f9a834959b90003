/* symbols/dwarf_lines.c - from a unit's entry to its line table. */
#include "symbols/dwarf_lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

static struct clinic_line_sections sections_of(Dwarf_Die *unit)
{
	Elf *elf = dwarf_getelf(dwarf_cu_getdwarf(unit->cu));

	return (struct clinic_line_sections){
		.line = clinic_dwarf_section_of(elf, ".debug_line",
						".debug_line.dwo"),
		.line_str = clinic_dwarf_section_of(elf, ".debug_line_str",
						    ".debug_line_str.dwo"),
		.str = clinic_dwarf_section_of(elf, ".debug_str",
					       ".debug_str.dwo"),
	};
}

static struct clinic_line_table *
read_table(struct clinic_dwarf_lines *lines, Dwarf_Die *unit,
	   const struct clinic_line_sections *s, uint64_t offset)
{
	struct clinic_line_table *table = calloc(1, sizeof(*table));
	Dwarf_Attribute attribute;

	if (!table)
		return NULL;
	if (clinic_line_table_read(
		    table, s, offset,
		    dwarf_formstring(
			    dwarf_attr(unit, DW_AT_comp_dir, &attribute)),
		    lines->binary,
		    lines->bytes_max / sizeof(struct clinic_line_row)))
		lines->damaged_count++;
	lines->bytes += clinic_line_table_bytes(table);
	return table;
}

static struct clinic_dwarf_lines_slot *
slot_of(const struct clinic_dwarf_lines *lines, const void *start)
{
	size_t mask = lines->slots_count - 1;
	size_t at = ((uintptr_t)start * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	for (at &= mask; lines->slots[at].start; at = (at + 1) & mask)
		if (lines->slots[at].start == start)
			break;
	return &lines->slots[at];
}

static int grow(struct clinic_dwarf_lines *lines)
{
	struct clinic_dwarf_lines old = *lines;

	lines->slots_count = old.slots_count ? old.slots_count * 2 : 64;
	lines->slots = calloc(lines->slots_count, sizeof(*lines->slots));
	if (!lines->slots) {
		*lines = old;
		return -1;
	}
	for (size_t i = 0; i < old.slots_count; i++)
		if (old.slots[i].start)
			*slot_of(lines, old.slots[i].start) = old.slots[i];
	free(old.slots);
	return 0;
}

/* Split units have no offset: their table is the only one of their file. */
static bool offset_of(Dwarf_Die *unit, bool is_split, uint64_t *offset)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	*offset = 0;
	if (is_split)
		return true;
	if (dwarf_formudata(dwarf_attr(unit, DW_AT_stmt_list, &attribute),
			    &value))
		return false;
	*offset = value;
	return true;
}

static struct clinic_line_table *find_table(struct clinic_dwarf_lines *lines,
					    Dwarf_Die *unit, bool is_split)
{
	struct clinic_line_sections sections = sections_of(unit);
	struct clinic_dwarf_lines_slot *slot;
	uint64_t offset;

	if (!offset_of(unit, is_split, &offset) ||
	    offset >= sections.line.size ||
	    (lines->used_count * 2 >= lines->slots_count && grow(lines)))
		return NULL;
	slot = slot_of(lines, sections.line.bytes + offset);
	if (!slot->start) {
		slot->table = read_table(lines, unit, &sections, offset);
		if (!slot->table)
			return NULL;
		slot->start = sections.line.bytes + offset;
		lines->used_count++;
	}
	return slot->table;
}

struct clinic_line_table *
clinic_dwarf_lines_of_unit(struct clinic_dwarf_lines *lines, Dwarf_Die *unit)
{
	return find_table(lines, unit, false);
}

static struct clinic_line_table *find_table_of(struct clinic_dwarf_lines *lines,
					       Dwarf_CU *cu,
					       Dwarf_Die *skeleton)
{
	struct clinic_line_table *table;
	Dwarf_Die unit;
	uint8_t type;

	if (cu == lines->last_unit)
		return lines->last_table;
	if (dwarf_cu_info(cu, NULL, &type, &unit, NULL, NULL, NULL, NULL))
		return NULL;
	table = find_table(lines, &unit, type == DW_UT_split_compile);
	if (!table && type == DW_UT_split_compile)
		table = find_table(lines, skeleton, false);
	lines->last_unit = cu;
	lines->last_table = table;
	return table;
}

const char *clinic_dwarf_lines_file(struct clinic_dwarf_lines *lines,
				    Dwarf_Attribute *attribute,
				    Dwarf_Die *skeleton)
{
	struct clinic_line_table *table;
	Dwarf_Word number;

	if (!attribute || dwarf_formudata(attribute, &number))
		return NULL;
	table = find_table_of(lines, attribute->cu, skeleton);
	return table ? clinic_line_table_file(table, number) : NULL;
}

void clinic_dwarf_lines_clear(struct clinic_dwarf_lines *lines)
{
	for (size_t i = 0; i < lines->slots_count; i++) {
		if (!lines->slots[i].table)
			continue;
		clinic_line_table_clear(lines->slots[i].table);
		free(lines->slots[i].table);
	}
	free(lines->slots);
	lines->slots = NULL;
	lines->last_unit = NULL;
	lines->slots_count = lines->used_count = 0;
	lines->bytes = lines->damaged_count = 0;
}
