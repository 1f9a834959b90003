/*
 * Walks over the entries of a unit, always forwards, and lists its functions.
 */
#include "symbols/dwarf_unit.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>

#include "foundation/growing_array.h"

/* No compiler nests as deep as this. The limit bounds our recursion. */
#define DEPTH_MAX 512

/* One pass over a unit's entries, or a function's. */
struct walk {
	struct clinic_dwarf_unit *unit;
	struct clinic_dwarf_budget *budget;
	struct clinic_dwarf_function *function; /* whose calls are read */
	const void *furthest;                   /* entry seen so far */
	bool into_functions;
	int depth;
};

typedef int visitor(struct walk *walk, Dwarf_Die *die, uint32_t parent);

/*
 * Damaged sibling references can point backwards, or into what was already
 * walked, and would make us walk for ever, or twice for each level.
 */
static bool is_forward(struct walk *walk, const Dwarf_Die *die)
{
	if ((uintptr_t)die->addr <= (uintptr_t)walk->furthest)
		return false;
	walk->furthest = die->addr;
	return true;
}

static int visit_children(struct walk *walk, Dwarf_Die *parent, visitor *visit,
			  uint32_t scope)
{
	Dwarf_Die die;
	int found = dwarf_child(parent, &die);
	int error = 0;

	if (walk->depth == DEPTH_MAX)
		return -EBADMSG;
	walk->depth++;
	while (!error && found == 0) {
		Dwarf_Die next;

		if (!is_forward(walk, &die))
			error = -EBADMSG;
		else
			error = visit(walk, &die, scope);
		found = error ? 1 : dwarf_siblingof(&die, &next);
		if (found == 0)
			die = next;
	}
	walk->depth--;
	return !error && found < 0 ? -EBADMSG : error;
}

static int add_range(struct clinic_dwarf_budget *budget,
		     struct clinic_range_index *index, uint64_t start,
		     uint64_t end, uint32_t payload)
{
	if (!budget->ranges_left)
		return -EBADMSG;
	budget->ranges_left--;
	/* Linkers give functions that they discarded the address 0, 1 or -1. */
	if (end <= start || !clinic_elf_is_code(budget->binary, start) ||
	    !clinic_elf_is_code(budget->binary, end - 1))
		return 0;
	budget->bytes_used += sizeof(struct clinic_range);
	return clinic_range_index_add(index, start, end, payload);
}

int clinic_dwarf_add_ranges(Dwarf_Die *die, struct clinic_dwarf_budget *budget,
			    struct clinic_range_index *index, uint32_t payload,
			    uint64_t *first)
{
	size_t before = index->count;
	Dwarf_Addr base, start, end, entry;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		int error = add_range(budget, index, start, end, payload);

		if (error)
			return error;
	}
	if (index->count == before)
		return -ENOENT;
	if (dwarf_entrypc(die, &entry) ||
	    !clinic_elf_is_code(budget->binary, entry))
		entry = index->ranges[before].start;
	*first = entry;
	return 0;
}

static int new_scope(struct clinic_dwarf_function *f, Dwarf_Die *die,
		     uint32_t parent, uint64_t start,
		     struct clinic_dwarf_budget *budget)
{
	struct clinic_dwarf_scope *grown =
		clinic_grow(f->scopes, f->scopes_count, &f->scopes_capacity,
			    sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	f->scopes = grown;
	budget->bytes_used += sizeof(*f->scopes);
	f->scopes[f->scopes_count++] =
		(struct clinic_dwarf_scope){*die, parent, start};
	return 0;
}

static int add_function(struct walk *walk, Dwarf_Die *die)
{
	struct clinic_dwarf_unit *unit = walk->unit;
	struct clinic_dwarf_function *function, *grown;
	uint64_t start;
	int error = clinic_dwarf_add_ranges(die, walk->budget, &unit->ranges,
					    (uint32_t)unit->functions_count,
					    &start);

	if (error)
		return error == -ENOENT ? 0 : error;
	grown = clinic_grow(unit->functions, unit->functions_count,
			    &unit->functions_capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	unit->functions = grown;
	function = &grown[unit->functions_count++];
	*function = (struct clinic_dwarf_function){0};
	walk->budget->bytes_used += sizeof(*function);
	return new_scope(function, die, 0, start, walk->budget);
}

/*
 * A unit consists mostly of classes and function bodies. Of these, only bodies
 * can hold further functions that have code: nested ones, and those of local
 * classes and lambdas. Bodies are searched only for an address that was not
 * found outside them.
 */
static int visit_for_functions(struct walk *walk, Dwarf_Die *die,
			       uint32_t is_inside)
{
	int error;

	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return visit_children(walk, die, visit_for_functions, 0);
	case DW_TAG_subprogram:
		error = add_function(walk, die);
		if (error || !walk->into_functions)
			return error;
		return visit_children(walk, die, visit_for_functions, 1);
	case DW_TAG_lexical_block:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return is_inside ? visit_children(walk, die,
						  visit_for_functions, 1)
				 : 0;
	default:
		return 0;
	}
}

static void drop_functions(struct clinic_dwarf_unit *unit)
{
	for (size_t i = 0; i < unit->functions_count; i++) {
		clinic_range_index_clear(&unit->functions[i].inlined);
		free(unit->functions[i].scopes);
	}
	free(unit->functions);
	unit->functions = NULL;
	unit->functions_count = unit->functions_capacity = 0;
	clinic_range_index_clear(&unit->ranges);
}

/* Everything that was read before the damage is kept, because it is valid. */
static int keep_sound_part(struct clinic_dwarf_budget *budget, int error)
{
	if (error != -EBADMSG)
		return error;
	budget->damaged_count++;
	return 0;
}

static int list_functions(struct clinic_dwarf_unit *unit,
			  struct clinic_dwarf_budget *budget, bool nested)
{
	struct walk walk = {
		.unit = unit, .budget = budget, .into_functions = nested};
	int error;

	drop_functions(unit);
	unit->has_functions = true;
	unit->has_nested = nested;
	error = visit_children(&walk, &unit->code, visit_for_functions, 0);
	clinic_range_index_sort(&unit->ranges);
	return keep_sound_part(budget, error);
}

static int visit_for_calls(struct walk *walk, Dwarf_Die *die, uint32_t parent)
{
	struct clinic_dwarf_function *function = walk->function;
	uint32_t scope = (uint32_t)function->scopes_count;
	uint64_t start;
	int error;

	switch (dwarf_tag(die)) {
	case DW_TAG_inlined_subroutine:
		error = clinic_dwarf_add_ranges(
			die, walk->budget, &function->inlined, scope, &start);
		if (error == -ENOENT)
			return 0; /* optimised away, with all inside it */
		if (!error)
			error = new_scope(function, die, parent, start,
					  walk->budget);
		if (error)
			return error;
		return visit_children(walk, die, visit_for_calls, scope);
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_with_stmt:
		return visit_children(walk, die, visit_for_calls, parent);
	default:
		return 0;
	}
}

static int read_scopes(struct clinic_dwarf_unit *unit,
		       struct clinic_dwarf_budget *budget,
		       struct clinic_dwarf_function *function)
{
	struct walk walk = {
		.unit = unit, .budget = budget, .function = function};
	Dwarf_Die die = function->scopes[0].die;
	int error;

	if (function->has_scopes)
		return 0;
	function->has_scopes = true;
	error = visit_children(&walk, &die, visit_for_calls, 0);
	clinic_range_index_sort(&function->inlined);
	return keep_sound_part(budget, error);
}

int clinic_dwarf_unit_find(struct clinic_dwarf_unit *unit,
			   struct clinic_dwarf_budget *budget, uint64_t address,
			   struct clinic_dwarf_function **function)
{
	uint32_t at;
	int error = 0;

	if (!unit->has_functions)
		error = list_functions(unit, budget, false);
	if (!error && clinic_range_index_find(&unit->ranges, address, &at) &&
	    !unit->has_nested)
		error = list_functions(unit, budget, true);
	if (!error)
		error = clinic_range_index_find(&unit->ranges, address, &at);
	if (error)
		return error;
	*function = &unit->functions[at];
	return read_scopes(unit, budget, *function);
}

int clinic_dwarf_unit_read_all(struct clinic_dwarf_unit *unit,
			       struct clinic_dwarf_budget *budget)
{
	int error = 0;

	if (!unit->has_nested)
		error = list_functions(unit, budget, true);
	for (size_t i = 0; !error && i < unit->functions_count; i++)
		error = read_scopes(unit, budget, &unit->functions[i]);
	return error;
}

uint32_t clinic_dwarf_function_find(const struct clinic_dwarf_function *f,
				    uint64_t address)
{
	uint32_t scope = 0;

	clinic_range_index_find(&f->inlined, address, &scope);
	return scope;
}

void clinic_dwarf_unit_clear(struct clinic_dwarf_unit *unit)
{
	drop_functions(unit);
	unit->has_functions = unit->has_nested = false;
}
