/*
 * foundation/symbol_tier.h - the kinds of sources from which a name can come.
 *
 * Session files contain the names of tiers by number: a new one is added at the
 * end.
 */
#ifndef CLINIC_FOUNDATION_SYMBOL_TIER_H
#define CLINIC_FOUNDATION_SYMBOL_TIER_H

#include <stdbool.h>

/* Of the sources in an ELF file, the best comes first, down to the PLT. */
enum clinic_tier {
	CLINIC_TIER_NONE,      /* only the address is known */
	CLINIC_TIER_DWARF,     /* debug information: inlined calls, lines */
	CLINIC_TIER_SYMTAB,    /* .symtab of the file or its debug file */
	CLINIC_TIER_DYNSYM,    /* .dynsym: only exported names */
	CLINIC_TIER_MINIDEBUG, /* .gnu_debugdata */
	CLINIC_TIER_PLT,       /* the function that the stub calls */
	CLINIC_TIER_VDSO,
	CLINIC_TIER_KERNEL,   /* kallsyms */
	CLINIC_TIER_FDE,      /* begin and end are known, but no name */
	CLINIC_TIER_IMPORTED, /* another tool named it */
	CLINIC_TIER_JIT,      /* a perf map or jitdump of generated code */
	CLINIC_TIERS
};

/* "dwarf", "symtab", ..., as in sessions and reports. */
const char *clinic_tier_name(enum clinic_tier tier);

/* Has an address of this tier a name? True for all but none and fde. */
bool clinic_tier_is_name(enum clinic_tier tier);

#endif
