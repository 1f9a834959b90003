/*
 * unwind/space_code.h - what a walk asks of a space: the code at an address.
 *
 * Private to this room.
 */
#ifndef CLINIC_UNWIND_SPACE_CODE_H
#define CLINIC_UNWIND_SPACE_CODE_H

#include "unwind/address_space.h"
#include "unwind/unwind_row.h"

/* Differs between any two spaces, and from what a space was before. */
uint64_t clinic_space_version(const struct clinic_space *space);

struct clinic_code {
	struct clinic_place place;
	const struct clinic_unwind_table *table; /* NULL: none */
	uint64_t elf_address; /* in that table; 0 without one */
};

/* -ENOENT: nothing executable there. */
int clinic_space_code(const struct clinic_space *space, uint64_t address,
		      struct clinic_code *code);

#endif
