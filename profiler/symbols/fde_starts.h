/*
 * symbols/fde_starts.h - where functions without any name begin.
 *
 * The linker's table of frame descriptions (.eh_frame_hdr, LSB section on
 * exception frames) is sorted and survives strip. It tells which addresses
 * belong to one function, but not the name of that function.
 *
 * Errors     0 or -errno: -ENODATA no such table; -EBADMSG damaged.
 */
#ifndef CLINIC_SYMBOLS_FDE_STARTS_H
#define CLINIC_SYMBOLS_FDE_STARTS_H

#include "symbols/elf_file.h"

struct clinic_fde_starts {
	uint64_t *starts; /* ascending */
	size_t count;
};

int clinic_fde_starts_read(const struct clinic_elf *binary,
			   struct clinic_fde_starts *starts);
/* The last start at or before the address; -ENOENT: no function holds it. */
int clinic_fde_starts_find(const struct clinic_fde_starts *starts,
			   const struct clinic_elf *binary, uint64_t address,
			   uint64_t *start);
void clinic_fde_starts_clear(struct clinic_fde_starts *starts);

#endif
