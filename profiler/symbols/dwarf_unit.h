/*
 * symbols/dwarf_unit.h - the functions of one unit, and the calls inside them.
 *
 *	error = clinic_dwarf_unit_find(unit, budget, address, &function);
 *	scope = clinic_dwarf_function_find(function, address);
 *	function->scopes[scope].parent ... 0      outwards to the function
 *
 * The functions of a unit are listed when the first address is looked up in it,
 * the inlined calls of a function when the first address is looked up in that.
 *
 * Ownership  results belong to the unit; pointers are valid until the next find
 *            in that unit.
 * Errors     0 or -errno: -ENOENT: there is no such function. Of a damaged
 *            unit, the part before the damage is kept, and the budget counts
 *            the unit.
 */
#ifndef CLINIC_SYMBOLS_DWARF_UNIT_H
#define CLINIC_SYMBOLS_DWARF_UNIT_H

#include <elfutils/libdw.h>

#include "symbols/elf_file.h"
#include "symbols/range_index.h"

/*
 * How much damaged information may cost. Every range takes at least a byte of
 * the sections, so a valid file never reaches the limit.
 */
struct clinic_dwarf_budget {
	const struct clinic_elf *binary; /* ranges outside its code are dead */
	uint64_t ranges_left;
	uint64_t bytes_used;
	uint64_t damaged_count; /* units and functions read in part */
};

/* A function, or a call inlined into it. */
struct clinic_dwarf_scope {
	Dwarf_Die die;
	uint32_t parent; /* 0: the function itself */
	uint64_t start;
};

struct clinic_dwarf_function {
	struct clinic_range_index inlined; /* payload: index in scopes */
	struct clinic_dwarf_scope *scopes; /* [0]: the function itself */
	size_t scopes_count;
	size_t scopes_capacity;
	bool has_scopes; /* the inlined calls were read */
};

struct clinic_dwarf_unit {
	Dwarf_Die die;  /* has the line table */
	Dwarf_Die code; /* has the functions: die, or the split unit's */
	struct clinic_range_index ranges; /* payload: index in functions */
	struct clinic_dwarf_function *functions;
	size_t functions_count;
	size_t functions_capacity;
	bool is_prepared;   /* we have looked for the split unit */
	bool has_functions; /* functions outside of others are listed */
	bool has_nested;    /* functions inside of others are listed */
};

int clinic_dwarf_unit_find(struct clinic_dwarf_unit *unit,
			   struct clinic_dwarf_budget *budget, uint64_t address,
			   struct clinic_dwarf_function **function);

/* All functions, nested ones too, with their inlined calls. */
int clinic_dwarf_unit_read_all(struct clinic_dwarf_unit *unit,
			       struct clinic_dwarf_budget *budget);

/* Index of the innermost scope. */
uint32_t clinic_dwarf_function_find(const struct clinic_dwarf_function *f,
				    uint64_t address);

/* Adds the ranges of die that are code, with that payload. */
int clinic_dwarf_add_ranges(Dwarf_Die *die, struct clinic_dwarf_budget *budget,
			    struct clinic_range_index *index, uint32_t payload,
			    uint64_t *first);

void clinic_dwarf_unit_clear(struct clinic_dwarf_unit *unit);

#endif
