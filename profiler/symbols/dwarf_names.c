/* symbols/dwarf_names.c - from an entry to its origin's name, remembered. */
#include "symbols/dwarf_names.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

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
 * A linker's name that is not mangled is a C function's asm label: the
 * source's own name tells more.
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

static size_t slot_of(const struct clinic_dwarf_names *names,
		      const void *origin)
{
	size_t mask = names->slots_count - 1;
	size_t at = ((uintptr_t)origin * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	for (at &= mask; names->slots[at].origin; at = (at + 1) & mask)
		if (names->slots[at].origin == origin)
			break;
	return at;
}

static int grow(struct clinic_dwarf_names *names)
{
	struct clinic_dwarf_names old = *names;

	names->slots_count = old.slots_count ? old.slots_count * 2 : 256;
	names->slots = calloc(names->slots_count, sizeof(*names->slots));
	if (!names->slots) {
		*names = old;
		return -1;
	}
	for (size_t i = 0; i < old.slots_count; i++)
		if (old.slots[i].origin)
			names->slots[slot_of(names, old.slots[i].origin)] =
				old.slots[i];
	free(old.slots);
	names->bytes +=
		(names->slots_count - old.slots_count) * sizeof(*names->slots);
	return 0;
}

const struct clinic_dwarf_name *
clinic_dwarf_names_find(struct clinic_dwarf_names *names,
			struct clinic_dwarf_lines *lines, Dwarf_Die *die,
			Dwarf_Die *skeleton)
{
	Dwarf_Die origin = follow_origin(die);
	struct clinic_dwarf_name *name;

	if (names->used_count * 2 >= names->slots_count && grow(names))
		return NULL;
	name = &names->slots[slot_of(names, origin.addr)];
	if (!name->origin) {
		describe(lines, &origin, skeleton, name);
		names->used_count++;
		if (name->demangled)
			names->bytes += strlen(name->demangled) + 1;
	}
	return name;
}

void clinic_dwarf_names_clear(struct clinic_dwarf_names *names)
{
	for (size_t i = 0; i < names->slots_count; i++)
		free(names->slots[i].demangled);
	free(names->slots);
	*names = (struct clinic_dwarf_names){0};
}
