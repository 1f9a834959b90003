/* Finds the name of a function at the origin of its entry, and remembers it. */
#include "symbols/dwarf_names.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "symbols/demangle.h"

/* Compilers chain two: concrete to abstract to declaration. */
#define ORIGIN_STEPS_MAX 16

static Dwarf_Die follow_origin(Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	for (int step = 0; step < ORIGIN_STEPS_MAX; step++) {
		Dwarf_Attribute attribute;
		Dwarf_Die next;

		if (!dwarf_attr(&at, DW_AT_abstract_origin, &attribute) ||
		    !dwarf_formref_die(&attribute, &next))
			break;
		at = next;
	}
	return at;
}

static const char *linker_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) &&
	    !dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		return NULL;
	return dwarf_formstring(&attribute);
}

/*
 * A linker's name that is not mangled is the asm label of a C function. The
 * name in the source says more.
 */
static void describe(struct clinic_dwarf_lines *lines, Dwarf_Die *origin,
		     Dwarf_Die *skeleton, struct clinic_dwarf_name *name)
{
	Dwarf_Attribute file;
	const char *linker = linker_name(origin);
	int line = 0;

	*name = (struct clinic_dwarf_name){.origin = origin->addr};
	name->demangled = linker ? clinic_demangle(linker) : NULL;
	name->source_name = dwarf_diename(origin);
	name->function = name->demangled ? name->demangled : name->source_name;
	if (!name->function)
		name->function = linker;
	name->defined_file = clinic_dwarf_lines_file(
		lines, dwarf_attr_integrate(origin, DW_AT_decl_file, &file),
		skeleton);
	if (!dwarf_decl_line(origin, &line) && line > 0)
		name->defined_line = (uint32_t)line;
}

static struct clinic_dwarf_name *find(const struct clinic_dwarf_names *names,
				      const void *origin, uint32_t hash)
{
	struct clinic_row_cursor at;
	uint32_t id;

	for (id = clinic_row_index_first(&names->index, hash, &at);
	     id != CLINIC_NO_ROW;
	     id = clinic_row_index_next(&names->index, &at))
		if (names->list[id].origin == origin)
			return &names->list[id];
	return NULL;
}

/* NULL: no memory. */
static struct clinic_dwarf_name *add(struct clinic_dwarf_names *names,
				     uint32_t hash)
{
	struct clinic_dwarf_name *grown = clinic_grow(
		names->list, names->count, &names->capacity, sizeof(*grown));

	if (!grown)
		return NULL;
	names->list = grown;
	if (clinic_row_index_add(&names->index, hash, (uint32_t)names->count))
		return NULL;
	/* The share of the index is included, of which at most half is free. */
	names->bytes += sizeof(*grown) + 2 * sizeof(struct clinic_row_slot);
	return &grown[names->count++];
}

const struct clinic_dwarf_name *
clinic_dwarf_names_find(struct clinic_dwarf_names *names,
			struct clinic_dwarf_lines *lines, Dwarf_Die *die,
			Dwarf_Die *skeleton)
{
	Dwarf_Die origin = follow_origin(die);
	uint32_t hash = clinic_row_hash(&origin.addr, sizeof(origin.addr));
	struct clinic_dwarf_name *name = find(names, origin.addr, hash);

	if (name)
		return name;
	name = add(names, hash);
	if (!name)
		return NULL;
	describe(lines, &origin, skeleton, name);
	if (name->demangled)
		names->bytes += strlen(name->demangled) + 1;
	return name;
}

void clinic_dwarf_names_clear(struct clinic_dwarf_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i].demangled);
	free(names->list);
	clinic_row_index_clear(&names->index);
	*names = (struct clinic_dwarf_names){0};
}
