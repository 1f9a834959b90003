/* Finds the line table of a unit, and reads each table once. */
#include "symbols/dwarf_lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

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

static struct clinic_line_table *
find_read(const struct clinic_dwarf_lines *lines, const void *start,
	  uint32_t hash)
{
	struct clinic_row_cursor at;
	uint32_t id;

	for (id = clinic_row_index_first(&lines->index, hash, &at);
	     id != CLINIC_NO_ROW;
	     id = clinic_row_index_next(&lines->index, &at))
		if (lines->tables[id].start == start)
			return lines->tables[id].table;
	return NULL;
}

/* NULL: no memory. */
static struct clinic_line_table *keep(struct clinic_dwarf_lines *lines,
				      const void *start, uint32_t hash,
				      struct clinic_line_table *table)
{
	struct clinic_dwarf_lines_table *grown;

	if (!table)
		return NULL;
	grown = clinic_grow(lines->tables, lines->tables_count,
			    &lines->tables_capacity, sizeof(*grown));
	if (grown)
		lines->tables = grown;
	if (!grown || clinic_row_index_add(&lines->index, hash,
					   (uint32_t)lines->tables_count)) {
		clinic_line_table_clear(table);
		free(table);
		return NULL;
	}
	grown[lines->tables_count++] =
		(struct clinic_dwarf_lines_table){start, table};
	return table;
}

/* A split unit has no offset, because its table is the only one in its file. */
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
	struct clinic_line_table *table;
	const uint8_t *start;
	uint64_t offset;
	uint32_t hash;

	if (!offset_of(unit, is_split, &offset) || offset >= sections.line.size)
		return NULL;
	start = sections.line.bytes + offset;
	hash = clinic_row_hash(&start, sizeof(start));
	table = find_read(lines, start, hash);
	return table ? table
		     : keep(lines, start, hash,
			    read_table(lines, unit, &sections, offset));
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
	for (size_t i = 0; i < lines->tables_count; i++) {
		clinic_line_table_clear(lines->tables[i].table);
		free(lines->tables[i].table);
	}
	free(lines->tables);
	clinic_row_index_clear(&lines->index);
	lines->tables = NULL;
	lines->last_unit = NULL;
	lines->tables_count = lines->tables_capacity = 0;
	lines->bytes = lines->damaged_count = 0;
}
